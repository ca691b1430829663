package io.projectbeacon.runner.support;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A Redis, its replica, and three sentinels that promote the replica when the Redis has been gone for 1 s. */
public final class RedisSentinels implements ReplicatedRedis {

    private static final Duration READY = Duration.ofSeconds(30);
    private static final String NAME = "beacon";

    private final RedisNode master;
    private final RedisNode replica;
    private final List<RedisNode> sentinels;

    private RedisSentinels(RedisNode master, RedisNode replica, List<RedisNode> sentinels) {
        this.master = master;
        this.replica = replica;
        this.sentinels = sentinels;
    }

    public static RedisSentinels start() {
        RedisNode master = RedisNode.start("repl-diskless-sync-delay 0");
        RedisNode replica = RedisNode.start("replicaof 127.0.0.1 " + master.port());
        // A sentinel looks for replicas when it starts, and then only every ten seconds.
        await().atMost(READY)
                .until(() -> master.ask(redis -> redis.info("replication")).contains("state=online"));
        List<RedisNode> sentinels = Stream.generate(
                        () -> RedisNode.start("""
                        sentinel monitor %1$s 127.0.0.1 %2$d 2
                        sentinel down-after-milliseconds %1$s 1000
                        sentinel failover-timeout %1$s 2000
                        """.formatted(NAME, master.port()), "--sentinel"))
                .limit(3)
                .toList();
        RedisSentinels started = new RedisSentinels(master, replica, sentinels);
        await().atMost(READY).until(started::knowEachOther);
        return started;
    }

    private boolean knowEachOther() {
        return sentinels.stream()
                .map(sentinel -> sentinel.askSentinel(redis -> redis.master(NAME)))
                .allMatch(seen -> seen.get("num-slaves").equals("1")
                        && seen.get("num-other-sentinels").equals("2"));
    }

    @Override
    public List<String> properties() {
        return List.of(
                "--spring.data.redis.sentinel.master=" + NAME,
                "--spring.data.redis.sentinel.nodes="
                        + sentinels.stream().map(RedisNode::address).collect(Collectors.joining(",")));
    }

    @Override
    public void killMasterOf(String key) {
        master.kill();
    }

    @Override
    public void freezeMasterOf(String key) {
        master.freeze();
    }

    @Override
    public void close() {
        sentinels.forEach(RedisNode::close);
        replica.close();
        master.close();
    }
}
