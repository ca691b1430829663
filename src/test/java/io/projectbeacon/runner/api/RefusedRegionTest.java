package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.RawProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A region that takes no calls says so, and why, where a person looks: at the cell, in the log, in health and metrics. */
class RefusedRegionTest {

    private static final byte[] ANSWER = RawProvider.reply(
            "200 OK", "Content-Type: application/json\r\n", "{\"choices\":[{\"message\":{\"content\":\"Hello\"}}]}");

    private RawProvider provider;
    private RunnerApp app;

    @AfterEach
    void close() throws IOException {
        app.close();
        provider.close();
    }

    private static byte[] refusal(int status, String headers, String error) {
        return RawProvider.reply(
                status + " Refused", "Content-Type: application/json\r\n" + headers, "{\"error\":{" + error + "}}");
    }

    private void start(List<byte[]> script) throws IOException {
        provider = new RawProvider(Map.of("m", script));
        app = RunnerApp.start(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                List.of(
                        "--beacon.inference.provider=openai",
                        "--beacon.regions.us-east.base-url=" + provider.baseUrl(),
                        "--beacon.inference.backoff.initial=1ms",
                        "--beacon.inference.backoff.max=1ms"));
    }

    private void submit() {
        assertThat(app.submit("{\"id\":\"j\",\"prompt\":\"Who?\",\"models\":[\"m\"],\"regions\":[\"us-east\"]}")
                        .status())
                .isEqualTo(202);
    }

    private JsonNode cell() {
        return app.cells("j").get("us-east/m");
    }

    @Test
    void a_cell_that_waits_for_credit_says_so_while_it_waits() throws IOException {
        byte[] broke = refusal(
                429,
                "Retry-After: 2\r\n",
                "\"type\":\"insufficient_quota\",\"message\":\"You exceeded your current quota\"");
        List<String> log;
        start(List.of(broke, ANSWER));
        try (Console console = new Console()) {
            submit();
            await().until(() -> app.cells("j").containsKey("us-east/m")
                    && cell().at("/attempts/0/outcome").asString().equals("failed"));
            log = console.lines("The region refuses calls (quota)");
        }

        assertThat(cell().path("status").asString()).isEqualTo("running");
        assertThat(cell().at("/attempts/0/code").asString()).isEqualTo("insufficient_quota");
        assertThat(cell().at("/attempts/0/message").asString()).isEqualTo("You exceeded your current quota");
        assertThat(cell().at("/attempts/0/http_status").asInt()).isEqualTo(429);
        assertThat(log).singleElement().asString().contains("You exceeded your current quota", "region=us-east");
        JsonNode regions = app.get("/actuator/health").json().at("/components/regions");
        assertThat(regions.path("status").asString()).isEqualTo("DEGRADED");
        assertThat(regions.at("/details/us-east").asString()).isEqualTo("refuses calls: quota");

        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(app.metric("beacon_region_throttled_seconds_total", "region=\"us-east\"", "reason=\"quota\""))
                .isGreaterThanOrEqualTo(2);
        assertThat(app.metric("beacon_region_throttled_seconds_total", "reason=\"rate_limit\""))
                .isZero();
    }

    @Test
    void attempts_that_are_refused_for_two_reasons_in_turn_fill_no_row() throws IOException {
        List<byte[]> script = new ArrayList<>();
        for (int pair = 0; pair < 70; pair++) {
            script.add(refusal(429, "", "\"message\":\"slow down\""));
            script.add(refusal(402, "", "\"message\":\"pay\""));
        }
        script.add(ANSWER);
        start(script);
        submit();

        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        JsonNode cell = cell();
        assertThat(cell.path("attempt").asInt()).isEqualTo(141);
        assertThat(cell.path("attempts").size()).isEqualTo(101);
        assertThat(cell.path("attempts")
                        .valueStream()
                        .mapToInt(attempt -> attempt.path("times").asInt())
                        .sum())
                .isEqualTo(141);
    }

    @Test
    void an_overloaded_provider_is_given_time() throws IOException {
        start(List.of(refusal(529, "Retry-After: 1\r\n", "\"message\":\"overloaded\""), ANSWER));
        submit();
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(app.metric("beacon_region_throttled_seconds_total", "region=\"us-east\"", "reason=\"overloaded\""))
                .isGreaterThanOrEqualTo(1);
    }
}
