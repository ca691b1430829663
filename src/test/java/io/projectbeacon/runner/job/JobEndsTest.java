package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.support.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Waiting for the end of a job costs the database next to nothing. */
class JobEndsTest {

    private static final int WAITERS = 200;
    private static final int LOOKS = 3;
    private static final Duration LONG = Duration.ofSeconds(60);

    /** Counts the looks at the database: each borrows a connection, and who begins to wait asks by a thread of its own. */
    private static final class Counting extends DelegatingDataSource {

        final AtomicInteger looks = new AtomicInteger();

        Counting(DataSource target) {
            super(target);
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (Thread.currentThread().getName().equals("job-ends")) {
                looks.incrementAndGet();
            }
            return Objects.requireNonNull(getTargetDataSource()).getConnection();
        }
    }

    private final Database database = Database.fresh();
    private final Counting one = new Counting(database.pool(1));
    private final JobEnds ends = new JobEnds(new JdbcTemplate(one));
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeEach
    void start() {
        ends.start();
    }

    @AfterEach
    void close() {
        ends.stop();
        threads.close();
        database.close();
    }

    private Future<?> waiting(String job) {
        return threads.submit(() -> ends.await(JobName.of(job), LONG));
    }

    private void end(String job) {
        database.jdbc()
                .sql("UPDATE jobs SET status = 'completed', finished_at = now() WHERE jobspec_id = ?")
                .param(job)
                .update();
    }

    @Test
    void however_many_wait_the_database_is_asked_once_a_second_and_no_connection_is_held() throws Exception {
        List<Future<?>> waiters = new ArrayList<>();
        for (int job = 0; job < WAITERS; job++) {
            database.runningJob("job-" + job, 1, "rerun", 1);
            waiters.add(waiting("job-" + job));
        }
        await().until(() -> ends.waiting() == WAITERS);
        int before = one.looks.get();
        long begun = System.nanoTime();
        await().until(() -> one.looks.get() >= before + LOOKS);
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isGreaterThan(Duration.ofSeconds(LOOKS - 1).minusMillis(100));

        for (int job = 0; job < WAITERS; job += 2) {
            end("job-" + job);
        }
        for (int job = 0; job < WAITERS; job += 2) {
            waiters.get(job).get(20, TimeUnit.SECONDS);
        }
        assertThat(ends.waiting()).isEqualTo(WAITERS / 2);
        ends.stop();
        for (Future<?> waiter : waiters) {
            waiter.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void without_anybody_who_waits_the_database_is_not_asked() throws Exception {
        database.runningJob("job", 1, "rerun", 1);
        Future<?> waiter = waiting("job");
        await().until(() -> one.looks.get() > 0);
        end("job");
        waiter.get(20, TimeUnit.SECONDS);
        int asked = one.looks.get();
        await().during(Duration.ofMillis(2500)).atMost(Duration.ofSeconds(10)).until(() -> one.looks.get() == asked);
    }

    @Test
    void a_job_that_has_ended_or_is_none_is_not_waited_for_nor_is_any_once_the_service_stops() {
        database.runningJob("job", 1, "rerun", 1);
        database.runningJob("ended", 1, "rerun", 1);
        end("ended");
        ends.await(JobName.of("ended"), LONG);
        ends.await(JobName.of("none"), LONG);
        ends.stop();
        ends.await(JobName.of("job"), LONG);
        assertThat(ends.waiting()).isZero();
    }
}
