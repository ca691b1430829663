package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The whole service of one build, in processes of its own, on a database and a Redis of its own. */
final class ServiceUnderTest implements Contender {

    static final String UNFINISHED = "SELECT 1 FROM jobs WHERE status IN ('queued', 'running')";

    /* Jobs begin in the order of their ids, so when the last has ended only its neighbours can be under way: far fewer than
    these. Looks that read more of the table would be a part of what is measured. */
    private static final String LAST_IS_UNDER_WAY = "SELECT 1 FROM jobs WHERE id = %d AND finished_at IS NULL";
    private static final String NEIGHBOUR_IS_UNDER_WAY =
            "SELECT 1 FROM jobs WHERE id > %d - 5000 AND finished_at IS NULL";

    private final Build build;
    private final String template;
    private final int cellsOfOne;
    private final List<HostedService> replicas;
    private final Peer peer; // Filling may take longer than the service waits for an answer.
    private final JdbcClient jdbc;
    private long before;
    private long last;

    ServiceUnderTest(Build build, int cellsOfOne, int replicas) {
        this(build, cellsOfOne, Prepared.spec("template-" + cellsOfOne, cellsOfOne), replicas);
    }

    /**
     * @param spec of the job that is copied, its id {@code template-} and the number of its cells
     * @param more properties beside those of {@link HostedService}
     */
    ServiceUnderTest(Build build, int cellsOfOne, String spec, int replicas, String... more) {
        this.build = build;
        this.cellsOfOne = cellsOfOne;
        this.template = "template-" + cellsOfOne;
        String database = TestServers.newEmptyDatabase();
        String redis = TestServers.newRedisUrl();
        this.replicas = Stream.generate(() -> new HostedService(build, database, redis, more))
                .limit(replicas)
                .toList();
        this.peer = new Peer(database, 1);
        this.jdbc = peer.jdbc();
        this.replicas.getFirst().api().submit(spec, false);
        Peer.awaitNone(jdbc, UNFINISHED);
        stop();
        freeze();
    }

    void start() {
        replicas.forEach(HostedService::start);
    }

    /** Stops the work; jobs that have not ended go back to the queue. */
    void stop() {
        replicas.forEach(HostedService::stop);
    }

    void freeze() {
        replicas.forEach(HostedService::freeze);
    }

    void thaw() {
        replicas.forEach(HostedService::thaw);
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

    /** What has ended since the runners started, as their own counters say. */
    double ended() {
        return replicas.stream()
                .mapToDouble(replica -> replica.metric("beacon.executions"))
                .sum();
    }

    /** The first of the replicas. */
    HostedService host() {
        return replicas.getFirst();
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

    /** The last job that was there before the queue was filled. */
    long before() {
        return before;
    }

    JdbcClient jdbc() {
        return jdbc;
    }

    @Override
    public String name() {
        return build.name() + (replicas.size() == 1 ? "" : ", " + replicas.size() + " replicas");
    }

    @Override
    public int fill(int executions) {
        thaw();
        before = lastId();
        int filled = Prepared.copies(jdbc, template, cellsOfOne, executions);
        last = lastId();
        jdbc.sql("VACUUM ANALYZE").update();
        return filled;
    }

    /** Queues further jobs, while others may be under way. */
    void add(int executions) {
        Prepared.copies(jdbc, template, cellsOfOne, executions);
    }

    /** Stops before the end, and forgets the jobs that are left. */
    void abandon() {
        stop();
        jdbc.sql("DELETE FROM jobs WHERE status = 'queued'").update();
        freeze();
    }

    private long lastId() {
        return jdbc.sql("SELECT max(id) FROM jobs").query(Long.class).single();
    }

    @Override
    public Duration drain() {
        long begin = System.nanoTime();
        start();
        Peer.awaitNone(jdbc, LAST_IS_UNDER_WAY.formatted(last));
        Peer.awaitNone(jdbc, NEIGHBOUR_IS_UNDER_WAY.formatted(last));
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    @Override
    public void rest() {
        stop();
        checkAllCompleted(jdbc, before);
        jdbc.sql("VACUUM").update();
        freeze();
    }

    @Override
    public List<Long> processes() {
        return replicas.stream().map(HostedService::pid).toList();
    }

    /** What was measured counts only if every cell of every job after this one was executed, and once. */
    static void checkAllCompleted(JdbcClient jdbc, long before) {
        String lacking = """
                SELECT coalesce((SELECT sum(cells) FROM jobs WHERE id > :before), 0)
                  - (SELECT count(*) FROM executions WHERE job_id > :before AND status = 'completed')
                """;
        long missing =
                jdbc.sql(lacking).param("before", before).query(Long.class).single();
        if (missing != 0) {
            throw new IllegalStateException(missing + " cells are not completed");
        }
    }

    @Override
    public void close() {
        replicas.forEach(HostedService::close);
        peer.close();
    }
}
