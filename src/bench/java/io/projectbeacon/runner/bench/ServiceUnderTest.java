package io.projectbeacon.runner.bench;

import io.micrometer.core.instrument.MeterRegistry;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The whole service, with the settings that it ships with and a provider that answers at once. */
final class ServiceUnderTest implements Contender {

    static final String UNFINISHED = "SELECT 1 FROM jobs WHERE status IN ('queued', 'running')";

    private final String template;
    private final int cellsOfOne;
    private final String database = TestServers.newDatabase();
    private final List<RunnerApp> replicas;
    private final Peer peer = new Peer(database, 1); // Filling may take longer than the service waits for an answer.
    private final JdbcClient jdbc = peer.jdbc();
    private int filled;

    /**
     * @param replicas how many runners share the database
     * @param more properties beside those of {@link #start}
     */
    ServiceUnderTest(int cellsOfOne, int replicas, String... more) {
        this.cellsOfOne = cellsOfOne;
        this.template = "template-" + cellsOfOne;
        String redis = TestServers.newRedisUrl();
        this.replicas = Stream.generate(() -> start(database, redis, more))
                .limit(replicas)
                .toList();
        RunnerApp first = this.replicas.getFirst();
        if (first.submit(Prepared.spec(template, cellsOfOne)).status() != 202) {
            throw new IllegalStateException("the service refused the job that is to be copied");
        }
        first.ended(template);
        stop();
    }

    /** Starts a runner whose provider answers at once, unless a property says otherwise. */
    static RunnerApp start(String database, String redis, String... more) {
        List<String> properties = new ArrayList<>(List.of(
                "--beacon.inference.simulated.latency=0ms",
                "--beacon.worker.poll-interval=1s",
                "--beacon.inference.backoff.initial=1s",
                "--logging.level.root=error",
                "--logging.level.io.projectbeacon.runner.embedded=error"));
        for (String property : more) {
            String name = property.substring(0, property.indexOf('=') + 1);
            properties.removeIf(preset -> preset.startsWith(name));
            properties.add(property);
        }
        return RunnerApp.start(database, redis, properties);
    }

    /** The executions a second in a span of time, while there is more to do than can be done in it. */
    double rate(Duration warmUp, Duration measured) throws InterruptedException {
        start();
        Thread.sleep(warmUp);
        double before = ended();
        long begin = System.nanoTime();
        Thread.sleep(measured);
        double ended = ended() - before;
        double seconds = (System.nanoTime() - begin) / 1e9;
        stop(); // Before the look at the queue: the runners hold many jobs that they have hardly begun.
        if (queuedCells() == 0) {
            throw new IllegalStateException("the queue ran empty while the rate was measured");
        }
        return ended / seconds;
    }

    void start() {
        replicas.forEach(replica -> worker(replica).start());
    }

    /** Stops the work; jobs that have not ended go back to the queue. */
    void stop() {
        replicas.forEach(replica -> worker(replica).stop());
    }

    /**
     * What has ended since the runners started, as their own counters say: a question to the database would slow it
     * down.
     */
    double ended() {
        return metric("beacon.executions");
    }

    /** The sum over regions, models and runners. */
    double metric(String name) {
        return replicas.stream()
                .flatMap(replica -> replica.bean(MeterRegistry.class).find(name).meters().stream())
                .mapToDouble(meter -> meter.measure().iterator().next().getValue())
                .sum();
    }

    /** Lets the queue have so many cells again, or a few more. */
    void fillUpTo(int cells) {
        fill((int) Math.max(0, cells - queuedCells()));
    }

    private long queuedCells() {
        return jdbc.sql("SELECT coalesce(sum(cells), 0) FROM jobs WHERE status = 'queued'")
                .query(Long.class)
                .single();
    }

    JdbcClient jdbc() {
        return jdbc;
    }

    @Override
    public String name() {
        return "Beacon Runner" + (replicas.size() == 1 ? "" : ", " + replicas.size() + " replicas");
    }

    @Override
    public int fill(int executions) {
        filled = Prepared.copies(jdbc, template, cellsOfOne, executions);
        jdbc.sql("VACUUM ANALYZE").update();
        return filled;
    }

    @Override
    public Duration drain() {
        double before = ended();
        long begin = System.nanoTime();
        start();
        Peer.await(() -> ended() - before >= filled);
        Peer.awaitNone(jdbc, UNFINISHED);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        stop();
        checkAllCompleted(jdbc);
        return took;
    }

    /** What was measured counts only if every cell of every job was executed, and once. */
    static void checkAllCompleted(JdbcClient jdbc) {
        String lacking = """
                SELECT (SELECT sum(cells) FROM jobs) - (SELECT count(*) FROM executions WHERE status = 'completed')
                """;
        long missing = jdbc.sql(lacking).query(Long.class).single();
        if (missing != 0) {
            throw new IllegalStateException(missing + " cells are not completed");
        }
    }

    /** What takes jobs from the queue. It is not a door of its room, so it is found by its name. */
    private static SmartLifecycle worker(RunnerApp replica) {
        try {
            return (SmartLifecycle) replica.bean(Class.forName("io.projectbeacon.runner.worker.WorkerPool"));
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        replicas.forEach(RunnerApp::close);
        peer.close();
    }
}
