package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** One row of a job refuses every write, for as long as anybody looks. */
class RefusingRowTest {

    private static final String SPEC =
            "{\"id\": \"j\", \"models\": [\"a\", \"b\", \"c\"], \"regions\": [\"us-east\"], \"constraints\": {%s}}";

    private static final String REFUSE = """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN RAISE EXCEPTION 'this row is not to be touched'; END $$;
            CREATE TRIGGER refuse BEFORE UPDATE ON executions FOR EACH ROW WHEN (old.model_id = 'b') EXECUTE FUNCTION refuse()
            """;

    private final String url = TestServers.newDatabase();
    private FakeProvider provider;
    private Database database;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        database = Database.at(url);
        app = RunnerApp.start(url, TestServers.newRedisUrl(), RunnerApp.calling(provider, "us-east"));
    }

    @AfterEach
    void stop() {
        provider.close();
        app.close();
        database.close();
    }

    private String status(String model) {
        return app.cells("j").get("us-east/" + model).path("status").asString();
    }

    private void threeCallsUnderWay(String constraints) {
        provider.hold("us-east");
        app.submit(SPEC.formatted(constraints));
        await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() == 3);
    }

    private void endsWithoutTheRow() {
        JsonNode job = app.ended("j");
        assertThat(job.path("status").asString()).isEqualTo("partial");
        assertThat(job.at("/cells/completed").asInt()).isEqualTo(2);
        assertThat(status("b")).isEqualTo("running");
        assertThat(app.metric("beacon_attempts_failed_total", "code=\"not_storable\""))
                .isEqualTo(1);
        assertThat(app.metric("beacon_executions_not_ended_total", "region=\"us-east\""))
                .isEqualTo(1);
    }

    private void isWrittenAfterAll() {
        await().atMost(Duration.ofSeconds(30)).until(() -> status("b").equals("completed"));
        assertThat(app.get("/api/v1/jobs/j").json().path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSize(3);
    }

    @Test
    void a_row_with_a_trigger_that_raises_does_not_keep_its_job_from_its_deadline() {
        try (Console console = new Console()) {
            threeCallsUnderWay("\"timeout\": \"4s\"");
            database.jdbc().sql(REFUSE).update();
            provider.release("us-east");

            endsWithoutTheRow();

            assertThat(console.lines("What a call has brought cannot be stored"))
                    .singleElement()
                    .asString()
                    .startsWith("ERROR")
                    .contains("job_id=j", "region=us-east", "model_id=b");
            assertThat(console.lines("The job ends, but this cell of it could not be ended"))
                    .singleElement()
                    .asString()
                    .startsWith("ERROR")
                    .contains("this row is not to be touched", "job_id=j", "model_id=b");
            database.jdbc().sql("DROP TRIGGER refuse ON executions").update();
            isWrittenAfterAll();
        }
    }

    @Test
    void an_end_that_is_refused_only_after_the_deadline_does_not_keep_its_job_running() {
        threeCallsUnderWay("\"timeout\": \"2500ms\"");
        database.jdbc()
                .sql(REFUSE.replace("RAISE", "PERFORM pg_sleep(2.8); RAISE"))
                .update();
        provider.release("us-east");

        endsWithoutTheRow();
        database.jdbc().sql("DROP TRIGGER refuse ON executions").update();
        isWrittenAfterAll();
    }

    @Test
    void a_row_that_a_session_at_a_console_holds_does_not_keep_its_job_from_its_deadline() throws Exception {
        try (Connection session = database.pool(1).getConnection()) {
            threeCallsUnderWay("\"timeout\": \"4s\"");
            session.setAutoCommit(false);
            session.createStatement().execute("SELECT FROM executions WHERE model_id = 'b' FOR UPDATE");
            provider.release("us-east");

            endsWithoutTheRow();

            session.rollback();
            isWrittenAfterAll();
        }
    }

    @Test
    void a_job_with_such_a_row_is_cancelled_and_its_other_cells_are() {
        threeCallsUnderWay("");
        database.jdbc().sql(REFUSE).update();

        assertThat(app.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(202);

        assertThat(List.of(status("a"), status("b"), status("c"))).containsExactly("cancelled", "running", "cancelled");
        assertThat(app.metric("beacon_executions_not_ended_total")).isEqualTo(1);
    }

    @Test
    void the_jobs_next_run_comes_to_a_row_that_takes_writes_again() {
        threeCallsUnderWay("");
        database.jdbc().sql(REFUSE).update();
        app.post("/api/v1/jobs/j/cancel", "");
        database.jdbc().sql("DROP TRIGGER refuse ON executions").update();
        provider.release("us-east");

        app.post("/api/v1/jobs/j/retry", "");

        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(status("b")).isEqualTo("completed");
    }
}
