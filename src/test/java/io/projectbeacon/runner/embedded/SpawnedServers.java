package io.projectbeacon.runner.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Another JVM that starts the embedded servers in a directory, writes a row, and then waits to be killed. */
final class SpawnedServers implements AutoCloseable {

    private static final String READY = "ready";

    private final Process process;
    private final List<String> output = new ArrayList<>();
    private boolean ready;

    private SpawnedServers(Process process) {
        this.process = process;
    }

    /** Returns when the other JVM's row is committed or the JVM has ended. */
    static SpawnedServers start(Path directory, String row) throws IOException {
        return start(List.of(), System.getProperty("java.class.path"), directory, row);
    }

    /** As {@link #start(Path, String)}, with a command in front of {@code java} and another class path. */
    static SpawnedServers start(List<String> prefix, String classPath, Path directory, String row) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", classPath));
        command.addAll(List.of(SpawnedServers.class.getName(), directory.toString(), row));
        SpawnedServers spawned = new SpawnedServers(
                new ProcessBuilder(command).redirectErrorStream(true).start());
        spawned.readUntilReady();
        return spawned;
    }

    private void readUntilReady() throws IOException {
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null && !ready; line = ready ? null : reader.readLine()) {
            output.add(line);
            ready = line.equals(READY);
        }
    }

    boolean ready() {
        return ready;
    }

    long pid() {
        return process.pid();
    }

    String output() {
        return String.join("\n", output);
    }

    /** {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    static long pidIn(Path pidFile) throws IOException {
        return Long.parseLong(Files.readAllLines(pidFile).getFirst().strip());
    }

    public static void main(String[] arguments) throws SQLException, InterruptedException {
        DirectoryLock lock = DirectoryLock.acquire(Path.of(arguments[0]));
        PostgresServer postgres = PostgresServer.start(lock.directory(), 20);
        RedisServer.start(lock.directory(), 16);
        try (Connection connection = DriverManager.getConnection(
                        postgres.jdbcUrl(PostgresServer.DATABASE), PostgresServer.USER, postgres.password());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS written (value text)");
            statement.execute("INSERT INTO written VALUES ('" + arguments[1] + "')");
        }
        System.out.println(READY);
        new CountDownLatch(1).await();
    }
}
