package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A job with a row that somebody has changed by hand, so that no run can claim its cell, and none can finish the job. */
class FruitlessRunsTest {

    private final String url = TestServers.newDatabase();
    private FakeProvider provider;
    private Database database;
    private RunnerApp app;

    @BeforeEach
    void aJobWithARowThatNobodyCanClaim() throws Exception {
        provider = FakeProvider.start();
        database = Database.at(url);
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.worker.shutdown-timeout=1s");
        app = RunnerApp.start(url, TestServers.newRedisUrl(), properties);
        app.submit("{\"id\": \"j\", \"models\": [\"a\", \"b\"], \"regions\": [\"us-east\"]}");
        app.ended("j");
        database.jdbc()
                .sql(
                        "UPDATE executions SET status = 'running', outcome = 'running', completed_at = NULL, answers = '[]', fence = 1000"
                                + " WHERE model_id = 'b'")
                .update();
    }

    @AfterEach
    void stop() {
        app.close();
        provider.close();
        database.close();
    }

    private long starts() {
        return database.count("SELECT fence FROM jobs") - 1;
    }

    private String status() {
        return database.jdbc()
                .sql("SELECT status FROM jobs")
                .query(String.class)
                .single();
    }

    @Test
    void is_started_less_and_less_often_is_logged_once_and_goes_on_when_the_row_is_right_again() {
        try (Console console = new Console()) {
            app.post("/api/v1/jobs/j/retry", "");
            // Without a wait there are hundreds; with one that doubles from a second, seven take a minute.
            await().during(Duration.ofSeconds(5)).atMost(Duration.ofSeconds(6)).until(() -> starts() <= 6);
            await().atMost(Duration.ofSeconds(20)).until(() -> starts() >= 3);
            assertThat(console.lines("Runs of the job change none of its cells"))
                    .singleElement()
                    .asString()
                    .startsWith("WARN")
                    .contains("job_id=j");
            assertThat(provider.calls()).hasSize(2);

            database.jdbc()
                    .sql("UPDATE executions SET fence = 1 WHERE model_id = 'b'")
                    .update();

            assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
            assertThat(provider.calls()).hasSize(3);
        }
    }

    @Test
    void a_stop_does_not_wait_for_its_next_run_and_gives_it_back() {
        app.post("/api/v1/jobs/j/retry", "");
        await().atMost(Duration.ofSeconds(30)).until(() -> starts() >= 5 && status().equals("running"));
        app.close();
        assertThat(status()).isEqualTo("queued");
    }

    @Test
    void its_deadline_is_not_waited_past() {
        database.jdbc().sql("UPDATE jobs SET timeout_ms = 8000").update();
        app.post("/api/v1/jobs/j/retry", "");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("partial");
        long took = database.count("SELECT (extract(epoch FROM finished_at - started_at) * 1000)::bigint FROM jobs");
        assertThat(took).isBetween(8000L, 13_000L);
    }
}
