package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.ScriptedServer;
import io.projectbeacon.runner.support.ScriptedServer.Request;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One job with a region that means harm and one that does not, as its user sees it. */
class HostileRegionTest {

    private static final String BROKEN = "a\\u0000b\\ud800c";
    private static final String OK = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
    private static final String ANSWER = "{\"choices\":[{\"message\":{\"content\":\"hello\"}}]}";

    /** What the hostile region answers for each model, and what the job shows of it. */
    private static final Map<String, String> SHOWN = new TreeMap<>(Map.of(
            "body", "unknown answer_too_large",
            "headers", "unknown protocol_error",
            "drip", "unknown timeout",
            "silence", "unknown timeout",
            "deep", "completed hello",
            "text", "completed a\\u0000b\\ud800c",
            "error", "failed a\\u0000b\\ud800c: a\\u0000b\\ud800c",
            "redirect", "failed redirect_refused"));

    private final CountDownLatch over = new CountDownLatch(1);

    @Test
    void each_cell_of_the_hostile_region_has_its_outcome_and_those_of_the_other_region_go_on() throws Exception {
        try (ScriptedServer bad = new ScriptedServer(this::hostile);
                ScriptedServer good = new ScriptedServer((request, connection) -> send(connection, ANSWER));
                RunnerApp app = RunnerApp.fresh(
                        "--beacon.inference.provider=openai",
                        "--beacon.inference.call-timeout=2s",
                        "--beacon.inference.connect-timeout=2s",
                        "--beacon.inference.max-attempts=1",
                        "--beacon.regions.bad.base-url=" + bad.baseUrl(),
                        "--beacon.regions.good.base-url=" + good.baseUrl())) {
            String models = SHOWN.keySet().stream().map("\"%s\""::formatted).collect(Collectors.joining(","));
            assertThat(app.submit("""
                            {"id": "j", "models": [%s], "regions": ["bad", "good"], "constraints": {"on_unknown": "hold"}}
                            """.formatted(models)).status()).isEqualTo(202);
            app.ended("j");

            Map<String, JsonNode> cells = app.cells("j");
            Map<String, String> shown = new TreeMap<>();
            SHOWN.keySet().forEach(model -> {
                shown.put(model, shown(cells.get("bad/" + model)));
                assertThat(shown(cells.get("good/" + model))).isEqualTo("completed hello");
            });
            assertThat(shown).isEqualTo(SHOWN);
            assertThat(bad.requests()).isEqualTo(SHOWN.size());
            // What cannot be stored as it came is stored escaped, in whichever column.
            assertThat(cells.get("bad/text")
                            .path("answers")
                            .path(0)
                            .path("tool_calls")
                            .toString())
                    .isEqualTo("[{\"a\\\\u0000b\\\\ud800c\":\"a\\\\u0000b\\\\ud800c\"}]");
            assertThat(app.jdbc()
                            .sql(
                                    "SELECT answers->0->>'finish_reason' FROM executions WHERE model_id = 'text' AND region = 'bad'")
                            .query(String.class)
                            .single())
                    .isEqualTo("a\\u0000b\\ud800c");
        } finally {
            over.countDown();
        }
    }

    private void hostile(Request request, Socket connection) throws IOException {
        String model =
                JsonMapper.shared().readTree(request.body()).path("model").asString();
        switch (model) {
            case "body" -> endless(connection, OK + "\r\n", " ");
            case "headers" -> endless(connection, OK, "X-A: b\r\n");
            case "drip" -> drip(connection);
            case "silence" -> passed(60_000);
            case "deep" ->
                send(connection, ANSWER.replace("}}]", "}}],\"x\":" + "[".repeat(1_000_000) + "]".repeat(1_000_000)));
            case "text" ->
                send(
                        connection,
                        "{\"choices\":[{\"message\":{\"content\":\"%1$s\",\"tool_calls\":[{\"%1$s\":\"%1$s\"}]},\"finish_reason\":\"%1$s\"}]}"
                                .formatted(BROKEN));
            case "error" -> send(connection, "{\"error\":{\"code\":\"%1$s\",\"message\":\"%1$s\"}}".formatted(BROKEN));
            default ->
                ScriptedServer.write(
                        connection,
                        "HTTP/1.1 307 There\r\nContent-Length: 0\r\nLocation: /v1/chat/completions\r\n\r\n");
        }
        connection.close();
    }

    private static void send(Socket connection, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        ScriptedServer.write(connection, OK + "Content-Length: " + bytes.length + "\r\n\r\n");
        ScriptedServer.write(connection, bytes);
        connection.close();
    }

    private static void endless(Socket connection, String begin, String unit) throws IOException {
        ScriptedServer.write(connection, begin);
        while (true) {
            ScriptedServer.write(connection, unit.repeat(1000));
        }
    }

    private void drip(Socket connection) throws IOException {
        ScriptedServer.write(connection, OK + "\r\n");
        while (!passed(20)) {
            ScriptedServer.write(connection, " ");
        }
    }

    private boolean passed(long millis) throws IOException {
        try {
            return over.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** The status, and the answer or what went wrong; the message only of an error that is the provider's own. */
    private static String shown(JsonNode cell) {
        JsonNode error = cell.path("error");
        String code = error.path("code").asString("");
        return cell.path("status").asString() + " "
                + (error.isNull()
                        ? cell.path("answers").path(0).path("response").asString()
                        : code.startsWith("a") && !code.startsWith("answer")
                                ? code + ": " + error.path("message").asString()
                                : code);
    }
}
