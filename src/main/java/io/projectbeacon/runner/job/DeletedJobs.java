package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.ConfirmedTransaction;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Deletes jobs so that their ids do not come free: each leaves its row, emptied, until its id is given free.
 *
 * <p>The unique indexes hold the id and the idempotency key throughout, so a submission beside this finds the job or finds
 * it deleted, and never stores it once more.
 */
@Component
class DeletedJobs {

    /*
     * A job that a retry has queued meanwhile has no end any more and stays. Rows that another replica has locked are
     * skipped. What is deleted is read by later statements, which see all that was written before the lock.
     */
    private static final String LOCK = """
            SELECT id FROM jobs
            WHERE id = ANY (:ids) AND finished_at < clock_timestamp() - make_interval(secs => :age)
            FOR UPDATE SKIP LOCKED
            """;

    private static final String EMPTY = """
            WITH cells AS (DELETE FROM executions WHERE job_id = ANY (:ids)),
              ledger AS (DELETE FROM execution_duplicates WHERE job_id = ANY (:ids))
            UPDATE jobs SET
              deleted_at = clock_timestamp(), status = NULL, fence = NULL, run_cause = NULL, retry_fence = NULL,
              retry_unknown = NULL, retry_new_keys = NULL, on_unknown = NULL, priority = NULL, cells = NULL,
              min_success_rate = NULL, timeout_ms = NULL, models = NULL, regions = NULL, spec = NULL, content = NULL,
              content_digest = NULL, content_erased_at = NULL, warnings = NULL, created_at = NULL, queued_at = NULL,
              started_at = NULL, finished_at = NULL, key_seed = NULL, leased_until = NULL,
              parked_regions = NULL, aside = NULL, completed_met = NULL, text_bytes = NULL
            WHERE id = ANY (:ids)
            RETURNING jobspec_id
            """;

    private static final String FREE = """
            DELETE FROM jobs WHERE id IN (
              SELECT id FROM jobs WHERE deleted_at < clock_timestamp() - make_interval(secs => :age)
              ORDER BY deleted_at
              LIMIT :limit
              FOR UPDATE SKIP LOCKED)
            """;

    private final JdbcClient jdbc;
    private final ConfirmedTransaction transaction;

    DeletedJobs(JdbcClient jdbc, ConfirmedTransaction transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /**
     * Deletes the jobs that finished longer ago than this, and have not changed since they were read.
     *
     * @param deleted is given their ids once that has committed
     * @return how many they were
     */
    int delete(List<Long> jobs, Duration age, Consumer<List<String>> deleted) {
        return transaction.execute(() -> empty(locked(jobs, age)), deleted).size();
    }

    /** Gives ids free that have been those of deleted jobs for longer than this, oldest first, and says how many. */
    int free(Duration age, int atMost) {
        return jdbc.sql(FREE).param("age", seconds(age)).param("limit", atMost).update();
    }

    private Long[] locked(List<Long> jobs, Duration age) {
        return jdbc.sql(LOCK)
                .param("ids", jobs.toArray(Long[]::new))
                .param("age", seconds(age))
                .query(Long.class)
                .list()
                .toArray(Long[]::new);
    }

    private List<String> empty(Long[] jobs) {
        return jdbc.sql(EMPTY)
                .param("ids", jobs)
                .query((row, n) -> row.getString("jobspec_id"))
                .list();
    }

    private static double seconds(Duration age) {
        return age.toMillis() / 1000.0;
    }
}
