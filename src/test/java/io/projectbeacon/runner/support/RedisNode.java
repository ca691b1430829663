package io.projectbeacon.runner.support;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.sentinel.api.sync.RedisSentinelCommands;
import io.projectbeacon.runner.embedded.RedisBinary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** One process of Redis of a test's own, which can be killed: a server, a sentinel, or a node of a cluster. */
public final class RedisNode implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(20);

    private final Process process;
    private final RedisURI uri;

    private RedisNode(Process process, int port) {
        this.process = process;
        this.uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(port)
                .withTimeout(Duration.ofSeconds(5))
                .build();
    }

    /** Starts a process with these lines of settings and options, and waits until it answers. */
    public static RedisNode start(String settings, String... options) {
        try {
            int port = Ports.free();
            Path home = Files.createTempDirectory("beacon-redis-");
            Path file = home.resolve("redis.conf");
            Files.writeString(file, """
                    bind 127.0.0.1
                    port %d
                    dir "%s"
                    save ""
                    appendonly no
                    %s
                    """.formatted(port, home, settings));
            List<String> command = new ArrayList<>(List.of(RedisBinary.path().toString(), file.toString()));
            command.addAll(List.of(options));
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(home.resolve("redis.log").toFile())
                    .start();
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(process::destroyForcibly));
            RedisNode node = new RedisNode(process, port);
            await().atMost(START).ignoreExceptions().until(node::answers);
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return uri.getPort();
    }

    public String url() {
        return "redis://" + address() + "/0";
    }

    String address() {
        return uri.getHost() + ":" + uri.getPort();
    }

    /** {@code kill -9}. */
    void kill() {
        process.destroyForcibly();
        await().atMost(START).until(() -> !process.isAlive());
    }

    /** {@code kill -STOP}. */
    void freeze() {
        try {
            int code = new ProcessBuilder("kill", "-STOP", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("kill -STOP ended with " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public <T> T ask(Function<RedisCommands<String, String>, T> question) {
        try (RedisClient client = RedisClient.create(uri)) {
            return question.apply(client.connect().sync());
        }
    }

    <T> T askSentinel(Function<RedisSentinelCommands<String, String>, T> question) {
        try (RedisClient client = RedisClient.create(uri)) {
            return question.apply(client.connectSentinel(uri).sync());
        }
    }

    @Override
    public void close() {
        kill();
    }

    private boolean answers() {
        try {
            return askSentinel(RedisSentinelCommands::ping).equals("PONG");
        } catch (RedisException notYet) {
            return false;
        }
    }
}
