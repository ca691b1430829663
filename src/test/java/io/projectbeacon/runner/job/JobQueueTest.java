package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.job.JobFinisher.Finish;
import io.projectbeacon.runner.job.JobQueue.CallersRegion;
import io.projectbeacon.runner.job.JobQueue.Running;
import io.projectbeacon.runner.job.JobQueue.Sizes;
import io.projectbeacon.runner.job.JobQueue.Waiting;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Race;
import java.sql.Connection;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.dao.QueryTimeoutException;

/** Every change of a job is a compare-and-set, and its final status is what its rows say. */
class JobQueueTest {

    private Database database;
    private JobQueue queue;
    private JobFinisher finisher;
    private long job;

    @BeforeEach
    void aJobRunningUnderFenceThree() {
        database = Database.fresh();
        DataSource pool = database.pool(10);
        queue = JobRoom.queue(pool);
        finisher = JobRoom.finisher(pool);
        job = database.runningJob("job", 3, "rerun", 3);
        database.jdbc()
                .sql("UPDATE jobs SET content = '{\"prompt\": \"?\", \"models\": [], \"regions\": []}'")
                .update();
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Run run(long fence) {
        return new Run(job, "job", null, fence, RunCause.SUBMISSION, OnUnknown.RERUN, false);
    }

    private void cells(String... statuses) {
        for (int cell = 0; cell < statuses.length; cell++) {
            database.jdbc().sql("""
                            INSERT INTO executions
                              (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at,
                               started_at, completed_at, error_code, error_message, error_provider)
                            SELECT ?, 'r', 'm' || ?, s, 1, s, 3, gen_random_uuid(), 'x', now(), now(),
                              CASE WHEN s <> 'running' THEN now() END, 'x', 'x', 'x'
                            FROM (SELECT ?::text AS s) status
                            """).params(job, cell, statuses[cell]).update();
        }
    }

    private void status(String status) {
        database.jdbc().sql("UPDATE jobs SET status = ?").param(status).update();
    }

    private String status() {
        return database.jdbc()
                .sql("SELECT status || ' ' || fence || ' ' || run_cause FROM jobs")
                .query(String.class)
                .single();
    }

    @Test
    void of_eight_that_start_one_job_one_does_and_its_fence_grows_by_one() throws Exception {
        status("queued");
        try (Race race = new Race(8)) {
            Callable<List<StartedJob>> start =
                    () -> queue.start(List.of(new Waiting(job, 3, "default", 0, 0, 3, List.of("us-east"), 3, 3, 100)));
            assertThat(race.run(Collections.nCopies(8, start)).stream().flatMap(List::stream))
                    .singleElement()
                    .satisfies(started -> assertThat(started.run().fence()).isEqualTo(4));
        }
        assertThat(status()).isEqualTo("running 4 submission");
    }

    @Test
    void a_start_that_has_seen_an_older_fence_does_not_start() {
        status("queued");
        assertThat(queue.start(List.of(new Waiting(job, 2, "default", 0, 0, 3, List.of("us-east"), 3, 3, 100))))
                .isEmpty();
        assertThat(status()).isEqualTo("queued 3 submission");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "completed completed completed |      | completed",
                "completed failed failed       |      | partial",
                "failed failed failed          |      | failed",
                "completed completed failed    | 0.67 | partial",
                "completed completed failed    | 0.66 | completed",
                "completed unknown unknown     |      | partial",
                "failed unknown cancelled      |      | failed",
                "failed failed failed          | 0.5  | failed",
            })
    void the_final_status_is_computed_from_the_rows(String cells, Double rate, String expected) {
        cells(cells.split(" "));
        database.jdbc().sql("UPDATE jobs SET min_success_rate = ?").param(rate).update();
        assertThat(finisher.finish(run(3)))
                .isInstanceOfSatisfying(
                        Finish.Finished.class,
                        ended -> assertThat(ended.status()).isEqualTo(JobStatus.of(expected)));
        assertThat(status()).isEqualTo(expected + " 3 submission");
    }

    @Test
    void a_job_with_a_cell_that_is_still_running_goes_back_to_the_queue() {
        cells("completed", "completed", "running");
        assertThat(finisher.finish(run(3))).isEqualTo(new Finish.BackInQueue());
        assertThat(status()).isEqualTo("queued 3 redelivery");
    }

    @Test
    void a_job_with_a_cell_that_was_never_claimed_goes_back_to_the_queue() {
        cells("completed", "completed");
        assertThat(finisher.finish(run(3))).isEqualTo(new Finish.BackInQueue());
    }

    @Test
    void a_job_with_a_cell_that_a_retry_asked_for_and_no_run_has_come_to_goes_back_to_the_queue() {
        cells("completed", "completed", "failed");
        database.jdbc().sql("UPDATE jobs SET fence = 4, retry_fence = 3").update();
        assertThat(finisher.finish(run(4))).isEqualTo(new Finish.BackInQueue());
        database.jdbc()
                .sql("UPDATE executions SET fence = 4 WHERE status = 'failed'")
                .update();
        status("running");
        assertThat(finisher.finish(run(4)))
                .isInstanceOfSatisfying(
                        Finish.Finished.class,
                        ended -> assertThat(ended.status()).isEqualTo(JobStatus.PARTIAL));
    }

    @Test
    void a_replaced_run_finishes_nothing() {
        cells("completed", "completed", "completed");
        assertThat(finisher.finish(run(2))).isEqualTo(new Finish.RunReplaced());
        assertThat(status()).isEqualTo("running 3 submission");
        assertThat(queue.owned(List.of(run(2), run(3)))).containsExactly(run(3));
    }

    @Test
    void an_orphan_is_taken_back_only_under_the_fence_that_was_seen() {
        assertThat(queue.takeBack(new Running(job, 2))).isFalse();
        assertThat(queue.takeBack(new Running(job, 3))).isTrue();
        assertThat(queue.takeBack(new Running(job, 3))).isFalse();
        assertThat(status()).isEqualTo("queued 3 redelivery");
        assertThat(queue.running()).isEqualTo(List.of());
    }

    @Test
    void a_lease_from_the_database_keeps_sweepers_away_until_it_is_over_or_the_job_starts_anew() {
        assertThat(queue.lease(List.of(run(3), run(2)), Duration.ofSeconds(30))).containsExactly(run(3));
        assertThat(queue.takeBack(new Running(job, 3))).isFalse();
        database.jdbc()
                .sql("UPDATE jobs SET leased_until = clock_timestamp() - interval '1 ms'")
                .update();
        assertThat(queue.takeBack(new Running(job, 3))).isTrue();
        database.jdbc()
                .sql("UPDATE jobs SET leased_until = clock_timestamp() + interval '1 h'")
                .update();
        assertThat(queue.start(List.of(new Waiting(job, 3, "default", 0, 0, 3, List.of("us-east"), 3, 3, 100))))
                .hasSize(1);
        assertThat(queue.takeBack(new Running(job, 4))).isTrue();
    }

    @Test
    void a_process_that_is_alone_does_not_wait_for_the_lease_of_the_one_before() {
        queue.lease(List.of(run(3)), Duration.ofSeconds(30));
        assertThat(queue.resume(new Running(job, 3))).isTrue();
    }

    @Test
    void an_orphan_whose_row_somebody_holds_is_passed_over_and_taken_back_later() throws Exception {
        whileRowIsLocked(() -> {
            assertTimeout(
                    Duration.ofSeconds(2),
                    () -> assertThat(queue.takeBack(new Running(job, 3))).isFalse());
            return null;
        });
        assertThat(queue.takeBack(new Running(job, 3))).isTrue();
    }

    @Test
    void a_job_whose_row_somebody_holds_keeps_no_lease_from_the_others() throws Exception {
        long other = database.runningJob("other", 1, "rerun", 1);
        Run free = new Run(other, "other", null, 1, RunCause.SUBMISSION, OnUnknown.RERUN, false);
        whileRowIsLocked(() -> {
            assertThat(queue.lease(List.of(run(3), free), Duration.ofSeconds(30)))
                    .containsExactly(free);
            return null;
        });
        assertThat(queue.lease(List.of(run(3), free, run(2)), Duration.ofSeconds(30)))
                .containsExactlyInAnyOrder(run(3), free);
    }

    @Test
    void one_that_finishes_a_job_that_somebody_holds_has_its_connection_for_three_seconds_at_most() throws Exception {
        cells("completed", "completed", "completed");
        whileRowIsLocked(() -> {
            assertThatThrownBy(() -> finisher.finish(run(3))).isInstanceOf(QueryTimeoutException.class);
            return null;
        });
        assertThat(finisher.finish(run(3)))
                .isInstanceOfSatisfying(
                        Finish.Finished.class,
                        ended -> assertThat(ended.status()).isEqualTo(JobStatus.COMPLETED));
    }

    /** Runs a step while another transaction, such as one at a console, has locked the job's row. */
    private void queued(String id, String region) {
        long queued = database.runningJob(id, 0, "rerun", 1);
        database.jdbc()
                .sql(
                        "UPDATE jobs SET status = 'queued', regions = ARRAY[?], models = '{m}', started_at = NULL WHERE id = ?")
                .params(region, queued)
                .update();
    }

    @Test
    void jobs_of_a_region_that_is_full_or_closed_hide_no_job_of_another_behind_them() {
        for (int n = 0; n < 20; n++) {
            queued("full-" + n, "full");
            queued("closed-" + n, "closed");
        }
        queued("behind", "open");
        assertThat(queue.next(
                        JobRoom.NO_SHARES,
                        Set.of(new CallersRegion("default", "full")),
                        Set.of("closed"),
                        Sizes.ALL,
                        5))
                .singleElement()
                .satisfies(next -> assertThat(next.regions()).containsExactly("open"));
        assertThat(queue.next(JobRoom.NO_SHARES, Set.of(), Set.of(), Sizes.ALL, 5))
                .hasSize(5);
    }

    private void whileRowIsLocked(Callable<Void> meanwhile) throws Exception {
        try (Connection console = database.pool(1).getConnection()) {
            console.setAutoCommit(false);
            console.createStatement().execute("SELECT FROM jobs WHERE id = " + job + " FOR UPDATE");
            meanwhile.call();
            console.rollback();
        }
    }
}
