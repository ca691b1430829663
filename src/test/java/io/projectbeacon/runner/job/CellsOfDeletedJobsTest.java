package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.support.Database;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Whatever deletes jobs, their cells and their ledger go with them, and no others do. */
class CellsOfDeletedJobsTest {

    /** As replicas of the version before the ids of deleted jobs stayed taken send it: they rely on the tables for the cells. */
    static final String RETENTION_BEFORE = """
            DELETE FROM jobs WHERE id IN (
              SELECT id FROM jobs
              WHERE id = ANY (?) AND finished_at < clock_timestamp() - make_interval(secs => ?)
              FOR UPDATE SKIP LOCKED)
            RETURNING jobspec_id
            """;

    /** As replicas of the version before this one give ids free. */
    private static final String FREE_BEFORE = """
            DELETE FROM jobs WHERE id IN (
              SELECT id FROM jobs
              WHERE deleted_at < clock_timestamp() - make_interval(secs => ?)
                AND (nonce IS NULL OR deleted_at < clock_timestamp() - interval '1 hour')
              ORDER BY deleted_at
              LIMIT ?
              FOR UPDATE SKIP LOCKED)
            """;

    private static final String JOBS = """
            INSERT INTO jobs
              (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content, warnings, created_at, queued_at,
               started_at, finished_at)
            SELECT 'job-' || n, 'completed', 1, 'rerun', 0, 5, '{}', '{}', '{}', '{}', '[]', t, t, t, t
            FROM generate_series(1, ?) n, (SELECT now() - interval '2 hours' AS t) time
            """;

    private static final String CELLS = """
            INSERT INTO executions
              (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at, completed_at)
            SELECT id, 'us-east', model, 'completed', 1, 'completed', 1, gen_random_uuid(), 'r', now(), now(), now()
            FROM jobs, unnest('{a,b,c,d,e}'::text[]) model
            """;

    private static final String LEDGER = """
            INSERT INTO execution_duplicates
              (job_id, region, model_id, layer, outcome, existing_count, occurrences, runner, last_event_id, created_at, last_seen_at)
            SELECT id, 'us-east', 'a', 'claim', 'detected', 1, 1, 'r', gen_random_uuid(), now(), now() FROM jobs
            """;

    private static final String READS_OF_THE_WHOLE_TABLE =
            "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'executions'";

    private final Database database = Database.fresh();

    @AfterEach
    void close() {
        database.close();
    }

    private void jobs(int number) {
        filled(database.jdbc(), number);
    }

    /** Finished jobs of five cells each, with an entry in the ledger. */
    static void filled(JdbcClient jdbc, int number) {
        jdbc.sql(JOBS).param(number).update();
        jdbc.sql(CELLS).update();
        jdbc.sql(LEDGER).update();
    }

    private Long[] ids(int number) {
        return database.jdbc()
                .sql("SELECT id FROM jobs ORDER BY id LIMIT ?")
                .param(number)
                .query(Long.class)
                .list()
                .toArray(Long[]::new);
    }

    private void assertWholeJobs(int left) {
        assertThat(database.count("SELECT count(*) FROM jobs")).isEqualTo(left);
        assertThat(database.count("SELECT count(*) FROM executions JOIN jobs ON jobs.id = job_id"))
                .isEqualTo(5L * left);
        assertThat(database.count("SELECT count(*) FROM executions"))
                .as("cells of jobs that are there, and others")
                .isEqualTo(5L * left);
        assertThat(database.count("SELECT count(*) FROM execution_duplicates")).isEqualTo(left);
    }

    @Test
    void the_retention_of_the_version_before_deletes_jobs_only_and_their_cells_go_too() {
        jobs(300);
        List<String> deleted = database.jdbc()
                .sql(RETENTION_BEFORE)
                .params(ids(250), 3600.0)
                .query(String.class)
                .list();
        assertThat(deleted).hasSize(250);
        assertWholeJobs(50);
    }

    @Test
    void ids_that_the_version_before_gives_free_take_no_other_jobs_cells() {
        jobs(8);
        HikariDataSource pool = database.pool(2);
        DeletedJobs now = new DeletedJobs(JdbcClient.create(pool), JobRoom.transaction(pool));
        assertThat(now.delete(List.of(ids(5)), Duration.ofHours(1), deleted -> {}))
                .isEqualTo(5);
        assertThat(database.jdbc().sql(FREE_BEFORE).params(0.0, 5_000).update()).isEqualTo(5);
        assertWholeJobs(3);
    }

    @Test
    void a_delete_by_hand_takes_the_cells_of_one_job_of_all_and_of_none() {
        jobs(10);
        database.jdbc().sql("DELETE FROM jobs WHERE jobspec_id = 'job-7'").update();
        assertWholeJobs(9);
        database.jdbc().sql("DELETE FROM jobs WHERE false").update();
        assertWholeJobs(9);
        database.jdbc().sql("DELETE FROM jobs").update();
        assertWholeJobs(0);
    }

    /** Planned on a table that nothing has counted, and on one that has been. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void however_many_jobs_are_deleted_the_cells_are_found_by_their_key(boolean analyzed) {
        jobs(6_000);
        if (analyzed) {
            database.jdbc().sql("ANALYZE").update();
        }
        int left = 6_000;
        for (int number : List.of(1, 250, 3_000)) {
            Long[] deleted = ids(number);
            assertThat(readsOfTheWholeTable(ids(number)))
                    .as("reads of the whole table for %d jobs", number)
                    .isZero();
            left -= number;
            assertWholeJobs(left);
        }
    }

    private Long readsOfTheWholeTable(Long[] jobsToDelete) {
        return database.transaction().execute(transaction -> {
            long before = database.count(READS_OF_THE_WHOLE_TABLE);
            database.jdbc()
                    .sql("DELETE FROM jobs WHERE id = ANY (?)")
                    .param(jobsToDelete)
                    .update();
            return database.count(READS_OF_THE_WHOLE_TABLE) - before;
        });
    }
}
