package io.projectbeacon.runner.bench;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * db-scheduler with lock-and-fetch, which its README names for more than a thousand executions a second: many rows are
 * taken and marked in one statement. Threads and limits are those of its own benchmark on small machines. Measured
 * alternately here, they were nearly twice as fast as 50 or 100 threads with 1.0 and 4.0, the limits that the README
 * gives as its example for high throughput. A connection for each thread and a short poll interval are our choice.
 * db-scheduler deletes its row at the end: it keeps no result, so it writes less.
 */
final class DbScheduler implements Contender {

    private static final int THREADS = 20;

    private static final String TABLE = """
            CREATE TABLE scheduled_tasks (
              task_name text NOT NULL,
              task_instance text NOT NULL,
              task_data bytea,
              execution_time timestamptz NOT NULL,
              picked boolean NOT NULL,
              picked_by text,
              last_success timestamptz,
              last_failure timestamptz,
              consecutive_failures int,
              last_heartbeat timestamptz,
              version bigint NOT NULL,
              priority smallint,
              PRIMARY KEY (task_name, task_instance)
            );
            CREATE INDEX execution_time_idx ON scheduled_tasks (execution_time);
            CREATE INDEX last_heartbeat_idx ON scheduled_tasks (last_heartbeat);
            CREATE INDEX priority_execution_time_idx ON scheduled_tasks (priority DESC, execution_time);
            """;

    private final Peer peer = new Peer(THREADS);
    private final AtomicInteger names = new AtomicInteger();
    private final OneTimeTask<Void> task = Tasks.oneTime("cell").execute((instance, context) -> peer.execute());

    private @Nullable Scheduler scheduler;

    DbScheduler() {
        peer.jdbc().sql(TABLE).update();
    }

    @Override
    public String name() {
        return "db-scheduler, lock-and-fetch, " + THREADS + " threads";
    }

    @Override
    public int fill(int executions) {
        Stream<TaskInstance<?>> instances =
                IntStream.range(0, executions).mapToObj(n -> task.instance(Integer.toString(names.incrementAndGet())));
        scheduler().scheduleBatch(instances, Instant.now());
        peer.ready(executions);
        return executions;
    }

    @Override
    public Duration drain() throws InterruptedException {
        Scheduler started = scheduler();
        scheduler = started;
        started.start();
        return peer.ended("SELECT 1 FROM scheduled_tasks");
    }

    @Override
    public void rest() {
        Objects.requireNonNull(scheduler).stop();
        peer.rest();
    }

    private Scheduler scheduler() {
        return Scheduler.create(peer.pool(), task)
                .threads(THREADS)
                .pollingInterval(Duration.ofMillis(100))
                .pollUsingLockAndFetch(4.0, 20.0)
                .build();
    }

    @Override
    public void close() {
        peer.close();
    }
}
