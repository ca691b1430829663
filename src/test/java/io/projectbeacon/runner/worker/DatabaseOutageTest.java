package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL goes away while calls are under way. */
class DatabaseOutageTest {

    private final String url = TestServers.newDatabase();
    private FakeProvider provider;
    private Database database;
    private Link link;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        database = Database.at(url);
        link = Link.to(Link.portOf(url));
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.lock.ttl=2s");
        properties.add("--beacon.regions.us-east.max-in-flight=2");
        properties.add("--spring.datasource.hikari.connection-timeout=500");
        app = RunnerApp.start(link.over(url), TestServers.newRedisUrl(), properties);
    }

    @AfterEach
    void stop() throws Exception {
        link.mend();
        provider.close();
        app.close();
        link.close();
        database.close();
    }

    private static String spec(String id) {
        return "{\"id\": \"%s\", \"models\": [\"a\", \"b\", \"c\", \"d\"], \"regions\": [\"us-east\"]}".formatted(id);
    }

    private void calls(int number) {
        await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() == number);
    }

    private Map<String, Long> callsByCell() {
        return provider.calls().stream()
                .collect(Collectors.groupingBy(FakeProvider.Call::idempotencyKey, Collectors.counting()));
    }

    private static void isUnavailable(Reply reply) {
        assertThat(reply.status()).isEqualTo(503);
        assertThat(Integer.parseInt(reply.header("Retry-After"))).isPositive();
        assertThat(reply.header("Content-Type")).startsWith("application/problem+json");
    }

    @Test
    void no_call_is_made_without_a_claim_and_the_answers_of_running_calls_are_written_when_it_is_back() {
        provider.hold("us-east");
        app.submit(spec("j"));
        calls(2);
        link.cut();
        isUnavailable(app.submit(spec("k")));
        isUnavailable(app.get("/api/v1/jobs/j"));
        isUnavailable(app.post("/api/v1/jobs/j/cancel", ""));
        provider.release("us-east");
        await().until(() -> provider.calls().stream().allMatch(call -> call.end() != null));
        await().during(Duration.ofSeconds(1)).until(() -> provider.calls().size() == 2);

        link.mend();
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(callsByCell())
                .hasSize(4)
                .allSatisfy((cell, calls) -> assertThat(calls).isEqualTo(1));
        assertThat(app.metric("beacon_executions_unknown_total")).isZero();
        assertThat(app.submit(spec("k")).status()).isEqualTo(202);
        assertThat(app.ended("k").path("status").asString()).isEqualTo("completed");
    }

    @Test
    void frozen_for_a_while_it_lets_nothing_through_and_everything_goes_on_when_it_thaws() {
        provider.hold("us-east");
        app.submit(spec("j"));
        calls(2);
        link.freeze();
        provider.release("us-east");
        await().during(Duration.ofSeconds(2)).until(() -> provider.calls().size() == 2);
        link.mend();
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(callsByCell())
                .hasSize(4)
                .allSatisfy((cell, calls) -> assertThat(calls).isEqualTo(1));
    }

    @Test
    void with_its_connections_cut_again_and_again_every_job_ends_and_no_completed_cell_is_called_again() {
        Set<String> jobs = new HashSet<>();
        provider.latency("us-east", Duration.ofMillis(20));
        for (int job = 0; job < 15; job++) {
            app.submit(spec("job-" + job));
            jobs.add("job-" + job);
        }
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(400))
                .until(() -> {
                    database.jdbc()
                            .sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                    + " WHERE datname = current_database() AND application_name = 'beacon-runner'")
                            .query(Long.class)
                            .single();
                    return provider.calls().size() > 40;
                });
        jobs.forEach(job -> assertThat(app.ended(job).path("status").asString()).isEqualTo("completed"));
        // A claim whose answers were lost may be written all the same: its attempt is unknown, and made no call.
        assertThat(callsByCell())
                .hasSize(60)
                .allSatisfy((cell, calls) -> assertThat(calls).isEqualTo(1));
    }

    /** Fails each commit, as PostgreSQL does when a write-ahead file cannot grow: a deferred trigger throws then. */
    private void failAtCommit(String table, String sqlState) {
        database.jdbc().sql("""
                        CREATE FUNCTION full_%1$s() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '%2$s'; END $$
                        """.formatted(table, sqlState)).update();
        database.jdbc().sql("""
                        CREATE CONSTRAINT TRIGGER full_%1$s AFTER INSERT OR UPDATE ON %1$s
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION full_%1$s()
                        """.formatted(table)).update();
    }

    private void spaceAgain(String table) {
        database.jdbc().sql("DROP TRIGGER full_%1$s ON %1$s".formatted(table)).update();
    }

    @ParameterizedTest
    @ValueSource(strings = {"53100", "25006", "57P01"})
    void a_commit_that_fails_for_a_server_that_cannot_write_is_unavailable_and_stores_nothing(String sqlState) {
        failAtCommit("jobs", sqlState);
        isUnavailable(app.submit(spec("j")));
        spaceAgain("jobs");
        assertThat(app.get("/api/v1/jobs/j").status()).isEqualTo(404);
        assertThat(app.submit(spec("j")).status()).isEqualTo(202);
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
    }

    @Test
    void with_the_disk_full_at_commit_no_cell_is_called_and_no_answer_is_lost() {
        provider.hold("us-east");
        app.submit(spec("j"));
        calls(2);
        failAtCommit("executions", "53100");
        provider.release("us-east");
        await().until(() -> provider.calls().stream().allMatch(call -> call.end() != null));
        await().during(Duration.ofSeconds(1)).until(() -> provider.calls().size() == 2);
        assertThat(database.count("SELECT count(*) FROM executions WHERE status = 'completed'"))
                .isZero();
        spaceAgain("executions");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(callsByCell())
                .hasSize(4)
                .allSatisfy((cell, calls) -> assertThat(calls).isEqualTo(1));
    }
}
