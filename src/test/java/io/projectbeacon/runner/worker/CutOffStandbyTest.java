package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.CallAccounts;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.PostgresPair;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * The synchronous standby is cut off in the middle of a job: PostgreSQL commits, waits for it, and reports success with
 * a warning when the wait is cancelled.
 */
class CutOffStandbyTest {

    private static final Duration CUT_OFF = Duration.ofSeconds(Integer.getInteger("failover.cut-off", 12));
    private static final Duration ANSWERED = Duration.ofSeconds(5);

    private PostgresPair servers;
    private FakeProvider provider;
    private Link address;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        servers = PostgresPair.start();
        provider = FakeProvider.start();
        provider.latency("us-east", Duration.ofMillis(300));
        address = Link.to(servers.primaryPort());
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.lock.ttl=2s");
        properties.add("--beacon.regions.us-east.max-in-flight=8");
        app = RunnerApp.start(address.over(servers.newDatabase("beacon")), TestServers.newRedisUrl(), properties);
    }

    @AfterEach
    void stop() throws Exception {
        servers.reconnectStandby();
        provider.close();
        app.close();
        address.close();
        servers.close();
    }

    private static String spec(String id, int models) {
        StringBuilder names = new StringBuilder("\"m0\"");
        for (int model = 1; model < models; model++) {
            names.append(", \"m").append(model).append('"');
        }
        return """
                {"id": "%s", "models": [%s], "regions": ["us-east"], "questions": ["one", "two"],
                 "constraints": {"timeout": "10m"}}
                """.formatted(id, names);
    }

    private void callsHaveBegun() {
        app.submit(spec("j", 60));
        await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() > 6);
        servers.cutStandbyOff();
    }

    private String server() {
        return app.get("/actuator/health")
                .json()
                .at("/components/db/details/server")
                .asString("");
    }

    private void isInDoubt() {
        await().atMost(Duration.ofSeconds(20)).until(() -> server().startsWith("its synchronous standby"));
    }

    @Test
    void no_call_is_made_that_a_failover_would_forget() throws Exception {
        callsHaveBegun();
        isInDoubt();
        int calls = provider.calls().size();
        await().during(CUT_OFF)
                .atMost(CUT_OFF.plusSeconds(5))
                .until(() -> provider.calls().size() == calls);
        assertThat(app.get("/actuator/health/readiness").status()).isEqualTo(503);
        assertThat(app.get("/api/v1/jobs/j").status()).isEqualTo(200);

        servers.killPrimary();
        servers.promote();
        address.leadTo(servers.primaryPort());
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        CallAccounts accounts = CallAccounts.ofQuestions(provider.calls(), app, Set.of("j"));
        System.out.printf("Standby cut off for %s. %s%n", CUT_OFF, accounts.inWords());
        assertThat(accounts.withoutAttempt()).isEmpty();
        assertThat(accounts.unaccounted()).isEmpty();
    }

    @Test
    void calls_go_on_by_themselves_when_the_standby_is_back() {
        callsHaveBegun();
        isInDoubt();
        servers.reconnectStandby();
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(CallAccounts.ofQuestions(provider.calls(), app, Set.of("j")).withoutAttempt())
                .isEmpty();
        await().until(() -> server().equals("takes writes"));
    }

    private JsonNode maybeStored(Reply reply) {
        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.header("Retry-After")).isNotEmpty();
        assertThat(reply.json().path("stored").asString()).isEqualTo("unknown");
        return reply.json();
    }

    @Test
    void a_submission_is_answered_in_time_with_its_id_and_is_safe_to_repeat() {
        app.submit(spec("warm-up", 1)); // The first request of a JVM takes seconds on a busy machine.
        app.ended("warm-up");
        int calls = provider.calls().size();
        servers.cutStandbyOff();
        long begin = System.nanoTime();
        JsonNode first = maybeStored(app.submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}"));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(ANSWERED);
        String id = first.path("id").asString();
        assertThat(id).startsWith("job-");
        String again = "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}".formatted(id);
        // Its row is there by now, and proves nothing.
        assertThat(app.get("/api/v1/jobs/" + id).status()).isEqualTo(200);
        begin = System.nanoTime();
        assertThat(maybeStored(app.submit(again)).path("id").asString()).isEqualTo(id);
        JsonNode item = app.post("/api/v1/jobs:batch", "[" + again + "]").json().at("/results/0");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(ANSWERED.multipliedBy(2));
        assertThat(item.path("status").asInt()).isEqualTo(503);
        assertThat(item.path("id").asString()).isEqualTo(id);
        assertThat(item.at("/problem/stored").asString()).isEqualTo("unknown");
        assertThat(provider.calls()).hasSize(calls);

        servers.reconnectStandby();
        Reply taken = await().atMost(Duration.ofSeconds(20)).until(() -> app.submit(again), r -> r.status() != 503);
        assertThat(taken.status()).isEqualTo(200);
        assertThat(app.ended(id).path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSize(calls + 1);
    }

    @Test
    void a_submission_whose_row_a_failover_lost_is_taken_when_it_is_sent_again() throws Exception {
        servers.cutStandbyOff();
        String id = maybeStored(app.submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}"))
                .path("id")
                .asString();
        servers.killPrimary();
        servers.promote();
        address.leadTo(servers.primaryPort());
        String again = "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}".formatted(id);
        Reply taken = await().atMost(Duration.ofSeconds(20)).until(() -> app.submit(again), r -> r.status() != 503);
        assertThat(taken.status()).isEqualTo(202);
        assertThat(app.ended(id).path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void a_stored_job_is_acknowledged_by_a_runner_that_saw_no_warning_only_when_its_standby_has_it() {
        servers.cutStandbyOff();
        maybeStored(app.submit(spec("j", 1)));
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.worker.enabled=false");
        try (RunnerApp other =
                RunnerApp.start(address.over(servers.url("beacon")), TestServers.newRedisUrl(), properties)) {
            assertThat(maybeStored(other.submit(spec("j", 1))).path("id").asString())
                    .isEqualTo("j");
        }
    }
}
