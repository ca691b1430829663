package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The whole service, with the settings that it ships with and a provider that answers at once. */
final class Runner implements Contender {

    private static final String UNFINISHED = "SELECT 1 FROM jobs WHERE status IN ('queued', 'running')";

    private final String template;
    private final int cellsOfOne;
    private final String database = TestServers.newDatabase();
    private final List<RunnerApp> replicas;
    private final JdbcClient jdbc;

    /**
     * @param replicas how many runners share the database
     * @param more properties beside those of {@link #start}
     */
    Runner(int cellsOfOne, int replicas, String... more) {
        this.cellsOfOne = cellsOfOne;
        this.template = "template-" + cellsOfOne;
        String redis = TestServers.newRedisUrl();
        this.replicas = Stream.generate(() -> start(database, redis, more)).limit(replicas).toList();
        RunnerApp first = this.replicas.getFirst();
        this.jdbc = first.jdbc();
        if (first.submit(Prepared.spec(template, cellsOfOne)).status() != 202) {
            throw new IllegalStateException("the service refused the job that is to be copied");
        }
        first.ended(template);
        this.replicas.forEach(Runner::stop);
    }

    /** Starts a runner whose provider answers at once, unless a property says otherwise. */
    static RunnerApp start(String database, String redis, String... more) {
        List<String> properties = new ArrayList<>(List.of(
                "--beacon.inference.simulated.latency=0ms",
                "--beacon.worker.poll-interval=1s",
                "--beacon.inference.backoff.initial=1s",
                "--logging.level.root=error",
                "--logging.level.io.projectbeacon=error"));
        for (String property : more) {
            String name = property.substring(0, property.indexOf('=') + 1);
            properties.removeIf(preset -> preset.startsWith(name));
            properties.add(property);
        }
        return RunnerApp.start(database, redis, properties);
    }

    /** The executions that end in a span of time, while there is more to do than can be done in it. */
    double rate(Duration warmUp, Duration measured) throws InterruptedException {
        replicas.forEach(replica -> worker(replica).start());
        Thread.sleep(warmUp);
        long before = completed();
        long begin = System.nanoTime();
        Thread.sleep(measured);
        long ended = completed() - before;
        double seconds = (System.nanoTime() - begin) / 1e9;
        if (jdbc.sql("SELECT count(*) FROM jobs WHERE status = 'queued'")
                        .query(Long.class)
                        .single()
                == 0) {
            System.out.println("  (the queue ran empty: the next figure is too low)");
        }
        return ended / seconds;
    }

    /** Stops the work; jobs that have not ended go back to the queue. */
    void stop() {
        replicas.forEach(Runner::stop);
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
        int filled = Prepared.copies(jdbc, template, cellsOfOne, executions);
        jdbc.sql("VACUUM ANALYZE").update();
        return filled;
    }

    @Override
    public Duration drain() {
        long before = completed();
        long begin = System.nanoTime();
        replicas.forEach(replica -> worker(replica).start());
        Peer.awaitNone(jdbc, UNFINISHED);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        replicas.forEach(Runner::stop);
        if (completed() == before) {
            throw new IllegalStateException("nothing was executed");
        }
        long cells = jdbc.sql("SELECT sum(cells) FROM jobs WHERE status = 'completed'")
                .query(Long.class)
                .single();
        if (completed() != cells) {
            throw new IllegalStateException("of " + cells + " cells only " + completed() + " are completed");
        }
        return took;
    }

    private long completed() {
        return jdbc.sql("SELECT count(*) FROM executions WHERE status = 'completed'")
                .query(Long.class)
                .single();
    }

    private static void stop(RunnerApp replica) {
        worker(replica).stop();
    }

    /** What takes jobs from the queue. It is not a door of its room, so it is found by its name. */
    static SmartLifecycle worker(RunnerApp replica) {
        try {
            return (SmartLifecycle) replica.bean(Class.forName("io.projectbeacon.runner.worker.WorkerPool"));
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        replicas.forEach(RunnerApp::close);
    }
}
