package io.projectbeacon.runner.bench;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;

/**
 * How long processes have had a processor, in seconds, as Linux counts it, in steps of 10 ms: all that PostgreSQL has;
 * a contender's own, without Java's compiler; Redis.
 */
record ProcessorTime(double postgres, double own, double redis) {

    private static final Path PROC = Path.of("/proc");

    /** The kernel's unit for user space, the same on all of Linux. */
    private static final double TICKS_A_SECOND = 100;

    /* Places in /proc/PID/stat, counted from the one after the name. */
    private static final int PARENT = 1;
    private static final int OWN = 11;
    private static final int DEAD_CHILDREN = 13;

    /** The processes of the servers that all contenders share. */
    private record Servers(long postmaster, long redis) {

        static final Servers SHARED = new Servers(postmasterOf(), redisOf());

        private static long postmasterOf() {
            try (Connection connection = DriverManager.getConnection(TestServers.adminUrl());
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
                row.next();
                return Long.parseLong(stat(PROC.resolve(row.getString(1)))[PARENT]);
            } catch (SQLException | IOException e) {
                throw new IllegalStateException(e);
            }
        }

        private static long redisOf() {
            try (RedisClient client = RedisClient.create(TestServers.redisUrl());
                    StatefulRedisConnection<String, String> connection = client.connect()) {
                return connection
                        .sync()
                        .info("server")
                        .lines()
                        .filter(line -> line.startsWith("process_id:"))
                        .mapToLong(line -> Long.parseLong(
                                line.substring(line.indexOf(':') + 1).strip()))
                        .findFirst()
                        .orElseThrow();
            }
        }
    }

    /** Whether this system tells it. */
    static boolean known() {
        return Files.isReadable(PROC.resolve("self/stat"));
    }

    /** Up to now, of the servers and of these processes; nothing at all where it is not known. */
    static ProcessorTime of(List<Long> processes) {
        if (!known()) {
            return new ProcessorTime(Double.NaN, Double.NaN, Double.NaN);
        }
        double own = processes.stream()
                .mapToDouble(pid -> time(folder(pid), OWN) - compiler(pid))
                .sum();
        return new ProcessorTime(ofPostgres(), own, time(folder(Servers.SHARED.redis()), OWN));
    }

    /** What Java's compiler has had in these processes, in seconds. */
    static double compiler(List<Long> processes) {
        return processes.stream().mapToDouble(ProcessorTime::compiler).sum();
    }

    private static double ofPostgres() {
        long postmaster = Servers.SHARED.postmaster();
        double sum = time(folder(postmaster), OWN) + time(folder(postmaster), DEAD_CHILDREN);
        for (Path process : entries(PROC)) {
            try {
                if (Character.isDigit(process.getFileName().toString().charAt(0))
                        && stat(process)[PARENT].equals(Long.toString(postmaster))) {
                    sum += time(process, OWN);
                }
            } catch (IOException e) {
                continue; // It has ended since the list was made, and is among the dead children if it was
                // PostgreSQL's.
            }
        }
        return sum;
    }

    /** Java names these threads C1 and C2 CompilerThread, of which Linux keeps the beginning. */
    private static double compiler(long pid) {
        double sum = 0;
        for (Path thread : entries(folder(pid).resolve("task"))) {
            try {
                if (Files.readString(thread.resolve("comm")).contains("CompilerThre")) {
                    sum += time(thread, OWN);
                }
            } catch (IOException e) {
                continue; // It has ended.
            }
        }
        return sum;
    }

    private static Path folder(long pid) {
        return PROC.resolve(Long.toString(pid));
    }

    private static List<Path> entries(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double time(Path process, int place) {
        try {
            String[] stat = stat(process);
            return (Long.parseLong(stat[place]) + Long.parseLong(stat[place + 1])) / TICKS_A_SECOND;
        } catch (IOException e) {
            return 0; // It has ended.
        }
    }

    /** Without the process's number and its name, which may have spaces in it. */
    private static String[] stat(Path process) throws IOException {
        String line = Files.readString(process.resolve("stat"));
        return line.substring(line.lastIndexOf(')') + 2).split(" ");
    }

    ProcessorTime since(ProcessorTime before) {
        return new ProcessorTime(postgres - before.postgres, own - before.own, redis - before.redis);
    }

    /** In microseconds, for each of so many. */
    ProcessorTime each(int executions) {
        double factor = 1e6 / executions;
        return new ProcessorTime(postgres * factor, own * factor, redis * factor);
    }

    double sum() {
        return postgres + own + redis;
    }
}
