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

/** What all contenders need: a database of their own, and a clock that starts with the first execution. */
final class Peer implements AutoCloseable {

    /** Short beside a turn, and long enough not to be a load of its own. */
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

    /** The execution itself, which costs nothing: what is measured is what stands around it. */
    void execute() {
        begin.compareAndSet(0, System.nanoTime());
        left.countDown();
    }

    /** So much will be executed; and the planner has the statistics that it would have in a service that has run for a while. */
    void ready(int executions) {
        left = new CountDownLatch(executions);
        begin.set(0);
        jdbc.sql("VACUUM ANALYZE").update();
    }

    /** Waits until all was executed and a question finds no row any more; the clock ran from the first execution. */
    Duration ended(String leftOver) throws InterruptedException {
        if (!left.await(PATIENCE.toMinutes(), TimeUnit.MINUTES)) {
            throw new IllegalStateException(left.getCount() + " executions are missing");
        }
        awaitNone(jdbc, leftOver);
        return Duration.ofNanos(System.nanoTime() - begin.get());
    }

    /** Looks until a question finds no row any more. */
    static void awaitNone(JdbcClient jdbc, String leftOver) {
        await(() -> !jdbc.sql("SELECT EXISTS (" + leftOver + ")")
                .query(Boolean.class)
                .single());
    }

    /** Looks until it is so. */
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
