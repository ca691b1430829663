package io.projectbeacon.runner.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Nonce;
import io.projectbeacon.runner.domain.Nonce.Standing;
import io.projectbeacon.runner.jobspec.JobSpecReader;
import io.projectbeacon.runner.jobspec.Reading;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The nonces of jobs that are stored at the same time. */
class NonceTest {

    private static final String KEY = "a key";
    private static final String WAITING = "SELECT count(*) FROM pg_stat_activity"
            + " WHERE wait_event_type = 'Lock' AND datname = current_database()";

    private final String database = TestServers.newDatabase();
    private RunnerApp app;

    @BeforeEach
    void start() {
        app = RunnerApp.start(database, TestServers.newRedisUrl(), List.of("--beacon.worker.enabled=false"));
    }

    @AfterEach
    void stop() {
        app.close();
    }

    private NewJob job(String id, Nonce nonce) {
        String document = "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}".formatted(id);
        Reading reading = app.bean(JobSpecReader.class).read(document.getBytes(UTF_8));
        return app.bean(Jobs.class)
                .prepare(((Reading.Accepted) reading).spec(), Caller.ONLY.name(), null)
                .signed(nonce);
    }

    private static Nonce nonce(String key, String value) {
        return new Nonce(key, value, Standing.CURRENT);
    }

    private long count(String sql) {
        return app.jdbc().sql(sql).query(Long.class).single();
    }

    private record Posted(Thread thread, FutureTask<Optional<JobView>> result) {}

    private Posted post(NewJob job) {
        Callable<Optional<JobView>> store = () -> app.bean(NewJobs.class).store(job);
        FutureTask<Optional<JobView>> result = new FutureTask<>(store);
        return new Posted(Thread.ofPlatform().daemon().start(result), result);
    }

    private static boolean isStored(Posted posted) {
        assertThat(posted.result()).succeedsWithin(Duration.ofSeconds(30));
        return posted.result().resultNow().isPresent();
    }

    private static boolean waits(Posted posted) {
        return posted.thread().getState() == Thread.State.WAITING;
    }

    /** The writer is held up, so that all that come meanwhile go in one transaction, as their rows tell. */
    @Test
    void a_nonce_that_is_taken_fails_none_of_the_jobs_that_are_stored_together_with_it() throws Exception {
        app.bean(NewJobs.class).store(job("first", nonce(KEY, "used")));
        List<Posted> together;
        try (Connection holder = DriverManager.getConnection(database)) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE");
            Posted alone = post(job("alone", nonce(KEY, "alone")));
            await().until(() -> count(WAITING) == 1);
            together = Stream.of(
                            job("a", nonce(KEY, "a")),
                            job("b", nonce(KEY, "used")),
                            job("c", nonce(KEY, "twice")),
                            job("d", nonce(KEY, "twice")),
                            job("e", nonce("another key", "used")),
                            job("f", nonce(KEY, "f")))
                    .map(this::post)
                    .toList();
            await().until(() -> together.stream().allMatch(NonceTest::waits));
            holder.rollback();
            assertThat(isStored(alone)).isTrue();
        }
        assertThat(together.stream().map(NonceTest::isStored)).containsExactly(true, false, true, false, true, true);
        assertThat(count("SELECT count(DISTINCT xmin::text) FROM jobs WHERE jobspec_id IN ('a', 'c', 'e', 'f')"))
                .isOne();
    }

    @Test
    void a_nonce_that_another_transaction_is_about_to_use_is_waited_for_and_free_when_that_fails() throws Exception {
        try (Connection other = DriverManager.getConnection(database)) {
            other.setAutoCommit(false);
            insert(other, "x", "two");
            Posted waiting = post(job("b", nonce(KEY, "two")));
            await().until(() -> count(WAITING) == 1);
            other.rollback();
            assertThat(isStored(waiting)).isTrue();
        }
    }

    private static void insert(Connection connection, String id, String nonce) throws Exception {
        connection.createStatement().execute("""
                INSERT INTO jobs (jobspec_id, on_unknown, priority, cells, timeout_ms, models, regions, spec, content, warnings,
                  created_at, queued_at, signing_key, nonce)
                VALUES ('%s', 'rerun', 0, 1, 1000, '{a}', '{us-east}', '{}', '{}', '[]', now(), now(), '%s', '%s')
                """.formatted(id, KEY, nonce));
    }

    @Test
    void a_job_that_is_only_to_be_found_is_never_stored() {
        Nonce late = new Nonce(KEY, "late", Standing.TIME_IS_FAR);
        assertThat(app.bean(Jobs.class).submit(job("late", late))).isInstanceOf(Submission.SignatureNotCurrent.class);
        assertThat(count("SELECT count(*) FROM jobs")).isZero();

        app.bean(Jobs.class).submit(job("late", nonce(KEY, "late")));
        assertThat(app.bean(Jobs.class).submit(job("late", late))).isInstanceOf(Submission.Replayed.class);
        assertThat(app.bean(Jobs.class).submit(job("later", late))).isInstanceOf(Submission.NonceUsed.class);
    }
}
