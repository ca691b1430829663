package io.projectbeacon.runner.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the meters say of calls: those that are sent and no others, from their beginning, and why an end was not seen. */
class CallMetersTest {

    private static final String EAST = "us-east";
    private static final int CELLS = 8;
    private static final String ANSWER =
            "{\"choices\": [{\"message\": {\"content\": \"%s\"}, \"finish_reason\": \"%s\"}],"
                    + " \"usage\": {\"prompt_tokens\": 7, \"completion_tokens\": 5,"
                    + " \"prompt_tokens_details\": {\"cached_tokens\": 4},"
                    + " \"completion_tokens_details\": {\"reasoning_tokens\": 3}}}";

    private FakeProvider provider;
    private RunnerApp app;

    @BeforeEach
    void startProvider() throws Exception {
        provider = FakeProvider.start();
    }

    @AfterEach
    void stop() {
        provider.close();
        app.close();
    }

    private void start(List<String> regions, String... properties) {
        List<String> all = new ArrayList<>(RunnerApp.calling(provider, regions.toArray(String[]::new)));
        all.addAll(List.of(properties));
        app = RunnerApp.start(TestServers.newDatabase(), TestServers.newRedisUrl(), all);
    }

    private void submit(String id, List<String> models, List<String> regions, String more) {
        assertThat(app.submit("{\"id\": \"%s\", \"models\": %s, \"regions\": %s %s}"
                                .formatted(id, json(models), json(regions), more))
                        .status())
                .isEqualTo(202);
    }

    private static String json(List<String> names) {
        return names.stream().map(name -> '"' + name + '"').collect(Collectors.joining(", ", "[", "]"));
    }

    private static List<String> models(int number) {
        return IntStream.range(0, number).mapToObj(n -> "m" + n).toList();
    }

    private double calls(String status) {
        return app.metric("beacon_executions_total", "model_id=\"m0\"", "status=\"" + status + "\"");
    }

    @Test
    void cells_that_wait_for_the_pace_of_a_region_that_refuses_calls_are_no_calls_in_flight() {
        start(List.of(EAST), "--beacon.inference.backoff.initial=1500ms");
        provider.failWith(EAST, 429, "1");
        submit("j", models(CELLS), List.of(EAST), "");
        await().until(() -> provider.calls().size() == CELLS);
        provider.hold(EAST);
        provider.recover(EAST);

        // After the pause they go one by one. None is answered, so that the distance between them stays.
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> {
                    assertThat(app.metric("beacon_executions_in_flight", "region=\"us-east\""))
                            .isEqualTo(CELLS);
                    assertThat(provider.calls()).hasSize(CELLS + 2);
                    assertThat(app.metric("beacon_calls_in_flight", "region=\"us-east\""))
                            .isEqualTo(2);
                });
        provider.release(EAST);
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(app.metric("beacon_calls_in_flight")).isZero();
        assertThat(app.metric("beacon_region_pace_wait_seconds_count", "region=\"us-east\""))
                .isGreaterThanOrEqualTo(CELLS);
        // Seven of them have waited for a second at least, and the others behind them.
        assertThat(app.metric("beacon_region_pace_wait_seconds_sum", "region=\"us-east\""))
                .isGreaterThan(1);
        // The time between two calls that are sent one by one is no part of any.
        assertThat(app.metric("beacon_execution_duration_seconds_count"))
                .isEqualTo(provider.calls().size());
    }

    @Test
    void what_an_open_breaker_refuses_is_a_failed_attempt_and_no_call() {
        start(
                List.of(EAST),
                "--beacon.inference.breaker.window=4",
                "--beacon.inference.breaker.open-for=1m",
                "--beacon.inference.max-attempts=2",
                "--beacon.regions.us-east.max-in-flight=1");
        provider.failWith(EAST, 500);
        submit("j", models(CELLS), List.of(EAST), ", \"constraints\": {\"timeout\": \"20s\"}");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> app.metric("beacon_attempts_failed_total", "code=\"region_unavailable\"") >= 1);
        await().untilAsserted(() -> {
            int sent = provider.calls().size();
            assertThat(sent).isBetween(4, 5);
            assertThat(app.metric("beacon_execution_duration_seconds_count")).isEqualTo(sent);
        });
        assertThat(app.metric("beacon_attempts_failed_total", "code=\"http_500\""))
                .isEqualTo(app.metric("beacon_execution_duration_seconds_count"));
    }

    @Test
    void what_was_never_sent_is_no_call() {
        provider.close();
        start(List.of(EAST), "--beacon.inference.max-attempts=2");
        submit("j", models(1), List.of(EAST), "");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("failed");
        assertThat(app.metric("beacon_attempts_failed_total", "code=\"connection_refused\""))
                .isEqualTo(2);
        assertThat(app.metric("beacon_execution_duration_seconds_count")).isZero();
    }

    @Test
    void what_a_region_and_a_model_count_is_there_at_0_before_their_first_end() {
        start(List.of(EAST));
        provider.hold(EAST);
        submit("j", models(1), List.of(EAST), "");
        await().until(() -> provider.calls().size() == 1);
        String scrape = app.scrape();
        for (String status : List.of("completed", "failed", "cancelled", "unknown")) {
            assertThat(scrape)
                    .contains("beacon_executions_total{model_id=\"m0\",region=\"us-east\",status=\"%s\"} 0.0"
                            .formatted(status));
        }
        for (UnknownCause cause : UnknownCause.values()) {
            assertThat(scrape)
                    .contains("beacon_executions_unknown_total{cause=\"%s\",model_id=\"m0\",region=\"us-east\"} 0.0"
                            .formatted(cause.wireName()));
        }
        for (String kind : List.of("prompt", "completion", "cached", "reasoning")) {
            assertThat(scrape)
                    .contains(
                            "beacon_tokens_total{kind=\"%s\",model_id=\"m0\",region=\"us-east\"} 0.0".formatted(kind));
        }
        assertThat(scrape)
                .contains("beacon_execution_duration_seconds_count{model_id=\"m0\",region=\"us-east\"} 0")
                .contains("beacon_calls_in_flight{region=\"us-east\"} 1.0");
        provider.release(EAST);
        app.ended("j");
        assertThat(calls("completed")).isEqualTo(1);
    }

    @Test
    void a_call_whose_end_was_not_seen_is_counted_by_what_came_instead() {
        List<String> regions = List.of("us-east", "us-west", "eu-west", "asia-pacific");
        start(regions, "--beacon.inference.call-timeout=1s", "--beacon.inference.connect-timeout=1s");
        provider.hold("us-east");
        provider.closeAfterReading("us-west");
        provider.failWith("eu-west", 502);
        provider.answerWith("asia-pacific", 200, "<html>");
        submit("j", models(1), regions, ", \"constraints\": {\"on_unknown\": \"hold\"}");
        app.ended("j");
        provider.truncate("us-west", 200);
        submit("k", models(1), List.of("us-west"), ", \"constraints\": {\"on_unknown\": \"hold\"}");
        app.ended("k");
        assertThat(unknown("us-east")).isEqualTo("timeout 1");
        assertThat(unknown("us-west")).isEqualTo("connection 2");
        assertThat(unknown("eu-west")).isEqualTo("status 1");
        assertThat(unknown("asia-pacific")).isEqualTo("unreadable 1");
    }

    private String unknown(String region) {
        return IntStream.range(0, UnknownCause.values().length)
                .mapToObj(n -> UnknownCause.values()[n].wireName())
                .map(cause -> cause + " "
                        + Math.round(app.metric(
                                "beacon_executions_unknown_total",
                                "region=\"" + region + "\"",
                                "cause=\"" + cause + "\"")))
                .filter(count -> !count.endsWith(" 0"))
                .collect(Collectors.joining(", "));
    }

    @Test
    void tokens_are_those_of_the_answers_that_the_rows_have_each_once() {
        start(List.of(EAST, "us-west", "eu-west"), "--beacon.inference.max-attempts=1");
        provider.answerWith(EAST, 200, ANSWER.formatted("hello", "stop"));
        provider.answerWith("us-west", 200, ANSWER.formatted("hel", "length"));
        provider.answerWith("eu-west", 200, "{\"choices\": [{\"message\": {\"content\": \"uncounted\"}}]}");
        submit(
                "j",
                List.of("m0", "m1"),
                List.of(EAST, "us-west", "eu-west"),
                ", \"questions\": [\"a\", \"b\", \"c\"], \"constraints\": {\"fail_on\": [\"length\"]}");
        app.ended("j");
        // Two cells with three answers each, and two that fail with their first, which is paid for.
        assertThat(tokens("prompt")).isEqualTo(8 * 7);
        assertThat(tokens("completion")).isEqualTo(8 * 5);
        assertThat(tokens("cached")).isEqualTo(8 * 4);
        assertThat(tokens("reasoning")).isEqualTo(8 * 3);
        assertThat(app.metric("beacon_tokens_total", "region=\"eu-west\"")).isZero();
        assertThat(app.jdbc()
                        .sql("SELECT sum((answer ->> 'prompt_tokens')::integer) FROM executions e,"
                                + " json_array_elements(CASE WHEN error_answer IS NULL THEN answers"
                                + " ELSE json_build_array(error_answer) END) answer")
                        .query(Double.class)
                        .single())
                .isEqualTo(tokens("prompt"));
    }

    private double tokens(String kind) {
        return app.metric("beacon_tokens_total", "kind=\"" + kind + "\"");
    }
}
