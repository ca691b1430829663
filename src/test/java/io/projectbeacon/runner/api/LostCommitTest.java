package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** PostgreSQL carries out a COMMIT, and the connection breaks before the answer arrives. */
class LostCommitTest {

    private static final String COMMITTED = "COMMIT\0";
    private static final String SPEC = """
            {"id": "j", "models": ["a", "b", "a", "a"], "regions": ["us-east"]}
            """;

    private final String url = TestServers.newDatabase();
    private FakeProvider provider;
    private Link link;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        link = Link.to(Link.portOf(url));
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--spring.datasource.hikari.connection-timeout=500");
        app = RunnerApp.start(link.over(url), TestServers.newRedisUrl(), properties);
        provider.hold("us-east");
    }

    @AfterEach
    void stop() throws Exception {
        link.mend();
        provider.close();
        app.close();
        link.close();
    }

    private void inputDuplicatesAreCounted(int times) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> app.metric("beacon_duplicates_total", "layer=\"input\"", "outcome=\"detected\"") >= times);
        assertThat(app.metric("beacon_duplicates_total", "layer=\"input\"")).isEqualTo(times);
        assertThat(app.jdbc()
                        .sql("SELECT sum(occurrences) FROM execution_duplicates WHERE layer = 'input'")
                        .query(Long.class)
                        .single())
                .isEqualTo(times);
    }

    @Test
    void a_submission_is_accepted_all_the_same_and_counts_its_duplicates_once() {
        link.loseAnswer(COMMITTED, false);
        assertThat(app.submit(SPEC).status()).isEqualTo(202);
        assertThat(link.hasLostAnswer()).isTrue();
        assertThat(app.submit(SPEC).header("Idempotent-Replayed")).isEqualTo("true");
        inputDuplicatesAreCounted(2);
    }

    @Test
    void a_submission_that_cannot_be_asked_after_is_unavailable_and_counted_once_when_the_database_is_back() {
        link.loseAnswer(COMMITTED, true);
        Reply reply = app.submit(SPEC);
        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.header("Retry-After")).isNotEmpty();
        link.mend();
        // The runner answers 503 until its pool has a connection again.
        Reply again = await().until(() -> app.submit(SPEC), answer -> answer.status() != 503);
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        inputDuplicatesAreCounted(2);
    }

    @Test
    void a_cancel_is_taken_and_counted_once() {
        app.submit(SPEC);
        await().until(() -> provider.calls().size() == 2);
        link.loseAnswer(COMMITTED, false);
        assertThat(app.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(202);
        assertThat(link.hasLostAnswer()).isTrue();
        assertThat(app.metric("beacon_jobs_total", "status=\"cancelled\"")).isEqualTo(1);
        assertThat(app.metric("beacon_executions_unknown_total")).isEqualTo(2);
    }

    @Test
    void the_end_of_a_job_is_counted_once() {
        app.submit(SPEC);
        await().until(() -> provider.calls().size() == 2);
        link.loseAnswer(COMMITTED, false);
        provider.release("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        await().until(() -> app.metric("beacon_jobs_total", "status=\"completed\"") == 1);
        assertThat(link.hasLostAnswer()).isTrue();
        assertThat(app.metric("beacon_jobs_total")).isEqualTo(1);
    }
}
