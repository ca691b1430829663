package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The queries of {@code ops/sql} on the tables of a service that has done real work. */
class VerificationQueriesTest {

    private static final Path QUERIES = Path.of("ops", "sql");

    private static FakeProvider provider;
    private static RunnerApp app;

    @BeforeAll
    static void workWithARetry() throws IOException {
        provider = FakeProvider.start();
        app = RunnerApp.start(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                RunnerApp.calling(provider, "us-east", "eu-west"));
        provider.failWith("eu-west", 400);
        app.submit("{\"id\": \"j\", \"models\": [\"a\", \"a\", \"b\"], \"regions\": [\"us-east\", \"eu-west\"]}");
        app.ended("j");
        app.post("/api/v1/jobs/j/retry", "");
        app.ended("j");
        provider.recover("eu-west");
    }

    @AfterAll
    static void stop() {
        app.close();
        provider.close();
    }

    private static List<Map<String, Object>> rows(String query) {
        try {
            return app.jdbc()
                    .sql(Files.readString(QUERIES.resolve(query)))
                    .query()
                    .listOfRows();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<String> queries() throws IOException {
        try (Stream<Path> files = Files.list(QUERIES)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("queries")
    void every_query_runs(String query) {
        assertThat(rows(query)).isNotNull();
    }

    /** The rows of a query after changes that are rolled back at once, so that no other test and no audit sees them. */
    private static List<Map<String, Object>> rowsAfter(String changes, String query) {
        return new TransactionTemplate(app.bean(PlatformTransactionManager.class)).execute(undone -> {
            undone.setRollbackOnly();
            app.jdbc().sql(changes).update();
            return rows(query);
        });
    }

    @Test
    void a_healthy_service_has_no_duplicate_rows_and_no_stuck_work() {
        assertThat(rows("duplicates-last-7-days.sql")).isEmpty();
        assertThat(rows("stuck-work.sql")).isEmpty();
    }

    @Test
    void a_second_row_for_a_cell_is_found_for_seven_days() {
        String secondRow = """
                ALTER TABLE executions DROP CONSTRAINT executions_cell_key;
                INSERT INTO executions
                  (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at,
                   completed_at)
                SELECT e.job_id, region, model_id, e.status, attempt, outcome, e.fence, claim_id, e.runner, e.created_at,
                  e.started_at, completed_at
                FROM executions e JOIN jobs j ON j.id = e.job_id
                WHERE j.jobspec_id = 'j' AND region = 'us-east' AND model_id = 'b'
                """;
        assertThat(rowsAfter(secondRow, "duplicates-last-7-days.sql"))
                .singleElement()
                .satisfies(row -> assertThat(row)
                        .containsEntry("jobspec_id", "j")
                        .containsEntry("region", "us-east")
                        .containsEntry("model_id", "b")
                        .containsEntry("rows_of_the_cell", 2L));
        assertThat(rowsAfter(
                        secondRow + "; UPDATE executions SET created_at = created_at - interval '8 days'",
                        "duplicates-last-7-days.sql"))
                .isEmpty();
    }

    @Test
    void the_auto_stop_is_measured_by_what_it_stopped_and_what_it_did_not() {
        assertThat(rows("auto-stop-effectiveness-24h.sql")).singleElement().satisfies(row -> {
            assertThat(row).containsEntry("detected", new BigDecimal(4)).containsEntry("allowed", BigDecimal.ZERO);
            assertThat((BigDecimal) row.get("percent_stopped")).isEqualByComparingTo("100");
        });
        assertThat(rowsAfter(
                        "UPDATE execution_duplicates SET outcome = 'allowed' WHERE layer = 'retry' AND model_id = 'b'",
                        "auto-stop-effectiveness-24h.sql"))
                .singleElement()
                .satisfies(row ->
                        assertThat((BigDecimal) row.get("percent_stopped")).isEqualByComparingTo("75"));
        assertThat(rowsAfter("""
                        UPDATE execution_duplicates
                        SET created_at = created_at - interval '25 hours', last_seen_at = last_seen_at - interval '25 hours'
                        """, "auto-stop-effectiveness-24h.sql"))
                .singleElement()
                .satisfies(row -> assertThat(row).containsEntry("percent_stopped", null));
    }

    @Test
    void the_sources_of_duplicates_are_told_apart() {
        assertThat(rows("where-duplicates-come-from.sql"))
                .extracting(
                        row -> row.get("jobspec_id"),
                        row -> row.get("layer"),
                        row -> row.get("outcome"),
                        row -> ((BigDecimal) row.get("duplicates")).intValue(),
                        row -> row.get("cells"))
                .containsExactlyInAnyOrder(
                        tuple("j", "input", "detected", 2, 2L), tuple("j", "retry", "detected", 2, 2L));
    }

    @Test
    void work_that_stands_still_for_a_quarter_of_an_hour_is_stuck() {
        provider.hold("eu-west");
        app.submit("{\"id\": \"held\", \"models\": [\"a\"], \"regions\": [\"eu-west\"]}");
        await().until(() -> !app.cells("held").isEmpty());
        String oldJobs = """
                UPDATE jobs SET created_at = created_at - interval '16 minutes',
                  queued_at = queued_at - interval '16 minutes', started_at = started_at - interval '16 minutes'
                WHERE status IN ('queued', 'running')
                """;
        String oldCells = """
                ; UPDATE executions SET created_at = created_at - interval '16 minutes',
                  started_at = started_at - interval '16 minutes'
                WHERE status = 'running'
                """;
        try {
            assertThat(rowsAfter(oldJobs, "stuck-work.sql")).isEmpty();
            assertThat(rowsAfter(oldJobs + oldCells, "stuck-work.sql"))
                    .singleElement()
                    .satisfies(row -> assertThat(row)
                            .containsEntry("jobspec_id", "held")
                            .containsEntry("cells_claimed", 1L)
                            .containsEntry("cells_running", 1L));
        } finally {
            provider.release("eu-west");
            app.ended("held");
        }
    }

    @Test
    void the_slowest_cells_come_first() {
        provider.latency("us-east", Duration.ofMillis(700));
        app.submit("{\"id\": \"slow\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}");
        app.ended("slow");
        provider.recover("us-east");
        assertThat(rows("slowest-cells.sql")).first().satisfies(row -> {
            assertThat(row).containsEntry("jobspec_id", "slow").containsEntry("attempt", 1);
            assertThat((BigDecimal) row.get("seconds")).isBetween(new BigDecimal("0.7"), new BigDecimal(60));
        });
    }
}
