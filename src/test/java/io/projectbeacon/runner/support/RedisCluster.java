package io.projectbeacon.runner.support;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A Redis Cluster of three masters with a replica each, which replaces a master that has been gone for 1 s. */
public final class RedisCluster implements ReplicatedRedis {

    private static final Duration READY = Duration.ofSeconds(30);
    private static final int MASTERS = 3;
    private static final String SETTINGS = """
            cluster-enabled yes
            cluster-node-timeout 1000
            repl-diskless-sync-delay 0
            """;

    private final List<RedisNode> nodes;

    private RedisCluster(List<RedisNode> nodes) {
        this.nodes = nodes;
    }

    public static RedisCluster start() {
        RedisCluster cluster = new RedisCluster(Stream.generate(() -> RedisNode.start(SETTINGS))
                .limit(2 * MASTERS)
                .toList());
        cluster.join();
        return cluster;
    }

    private void join() {
        RedisNode first = nodes.getFirst();
        for (RedisNode node : nodes.subList(1, nodes.size())) {
            first.ask(redis -> redis.clusterMeet("127.0.0.1", node.port()));
        }
        for (int n = 0; n < MASTERS; n++) {
            int[] slots = IntStream.range(firstSlot(n), firstSlot(n + 1)).toArray();
            nodes.get(n).ask(redis -> redis.clusterAddSlots(slots));
        }
        await().atMost(READY).until(() -> everyNode("cluster_known_nodes:" + nodes.size()));
        for (int n = 0; n < MASTERS; n++) {
            String master = nodes.get(n).ask(redis -> redis.clusterMyId());
            RedisNode replica = nodes.get(MASTERS + n);
            await().atMost(READY)
                    .ignoreExceptions() // The replica may not know its master yet.
                    .until(() ->
                            replica.ask(redis -> redis.clusterReplicate(master)).equals("OK"));
        }
        await().atMost(READY).until(() -> everyNode("cluster_state:ok") && everyReplicaIsInStep());
    }

    private static int firstSlot(int master) {
        return SlotHash.SLOT_COUNT * master / MASTERS;
    }

    private boolean everyNode(String says) {
        return nodes.stream()
                .allMatch(node -> node.ask(redis -> redis.clusterInfo()).contains(says));
    }

    private boolean everyReplicaIsInStep() {
        return nodes.subList(0, MASTERS).stream()
                .allMatch(node -> node.ask(redis -> redis.info("replication")).contains("state=online"));
    }

    /** The addresses of the nodes, as {@code host:port}. */
    public List<String> addresses() {
        return nodes.stream().map(RedisNode::address).toList();
    }

    /** Deletes every key. Only for a cluster that has not failed over: it asks the first masters. */
    public void empty() {
        nodes.subList(0, MASTERS).forEach(node -> node.ask(redis -> redis.flushall()));
    }

    /** Kills the majority of the masters, and all replicas: what is left refuses every command for a key. */
    public void loseQuorum() {
        nodes.subList(1, nodes.size()).forEach(RedisNode::kill);
    }

    @Override
    public List<String> properties() {
        return List.of(
                "--spring.data.redis.cluster.nodes=" + addresses().stream().collect(Collectors.joining(",")));
    }

    @Override
    public void killMasterOf(String key) {
        masterOf(key).kill();
    }

    @Override
    public void freezeMasterOf(String key) {
        masterOf(key).freeze();
    }

    private RedisNode masterOf(String key) {
        int slot = SlotHash.getSlot(key);
        int master = IntStream.range(0, MASTERS)
                .filter(n -> slot < firstSlot(n + 1))
                .findFirst()
                .orElseThrow();
        return nodes.get(master);
    }

    @Override
    public void close() {
        new ArrayList<>(nodes).reversed().forEach(RedisNode::close);
    }
}
