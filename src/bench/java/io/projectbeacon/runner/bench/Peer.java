package io.projectbeacon.runner.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A contender's own database, and a clock that starts with the first execution. */
final class Peer implements AutoCloseable {

    /** Short beside a measurement, and long enough not to be a load of its own. */
    private static final long LOOK_AGAIN_NANOS = Duration.ofMillis(10).toNanos();

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final HikariDataSource pool;
    private final JdbcClient jdbc;
    private final AtomicLong begin = new AtomicLong();
    private volatile CountDownLatch left = new CountDownLatch(0);

    Peer(int connections) {
        this(TestServers.newDatabase(), connections);
    }

    Peer(String url, int connections) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(connections);
        config.setConnectionTimeout(60_000);
        this.pool = new HikariDataSource(config);
        this.jdbc = JdbcClient.create(pool);
    }

    HikariDataSource pool() {
        return pool;
    }

    JdbcClient jdbc() {
        return jdbc;
    }

    /** The execution itself, which costs nothing: only the work around it is measured. */
    void execute() {
        begin.compareAndSet(0, System.nanoTime());
        left.countDown();
    }

    /**
     * Expects this many executions, and gives the planner the statistics that it would have in a service that has
     * run for a while.
     */
    void ready(int executions) {
        left = new CountDownLatch(executions);
        begin.set(0);
        jdbc.sql("VACUUM ANALYZE").update();
    }

    /** Waits until all was executed and the query finds no row any more; returns the time since the first execution. */
    Duration ended(String leftOver) throws InterruptedException {
        if (!left.await(PATIENCE.toMinutes(), TimeUnit.MINUTES)) {
            throw new IllegalStateException(left.getCount() + " executions are missing");
        }
        awaitNone(jdbc, leftOver);
        return Duration.ofNanos(System.nanoTime() - begin.get());
    }

    /** See {@link Contender#rest}; that all was executed has been seen by {@link #ended}. */
    void rest() {
        jdbc.sql("VACUUM").update();
    }

    /** Polls until the query finds no row any more. */
    static void awaitNone(JdbcClient jdbc, String leftOver) {
        await(() -> !jdbc.sql("SELECT EXISTS (" + leftOver + ")")
                .query(Boolean.class)
                .single());
    }

    /** Polls until the condition is true. */
    static void await(BooleanSupplier done) {
        long giveUp = System.nanoTime() + PATIENCE.toNanos();
        while (!done.getAsBoolean()) {
            if (System.nanoTime() > giveUp) {
                throw new IllegalStateException("not done within " + PATIENCE);
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
