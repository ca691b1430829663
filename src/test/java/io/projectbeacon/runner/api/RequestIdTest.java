package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A request's id in its answer and in the log, whose lines are those of a process, as a person finds them. */
class RequestIdTest {

    private static final Pattern HEADER = Pattern.compile("(?m)^X-Request-Id: (.*)$");
    private static final Pattern DRAWN = Pattern.compile("[0-9a-f]{32}");
    private static final String JOB = "{\"id\": \"%s\", \"models\": [\"a\", \"a\"], \"regions\": [\"us-east\"]}";
    private static final JsonMapper JSON = new JsonMapper();

    private static RunnerProcess runner;

    @BeforeAll
    static void start() throws IOException {
        runner = RunnerProcess.start(List.of(
                "--logging.structured.format.console=ecs",
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--spring.data.redis.url=" + TestServers.newRedisUrl(),
                "--beacon.worker.enabled=false"));
    }

    @AfterAll
    static void stop() throws Exception {
        runner.close();
    }

    /** Sends bytes, since a client would mend some of them; returns the one id that the answer has. */
    private static String idOf(String line, String... headers) {
        try (Socket socket = new Socket("localhost", URI.create(runner.base()).getPort())) {
            String further = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
            String request = line + "\r\nHost: localhost\r\nConnection: close\r\n" + further + "\r\n";
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            socket.setSoTimeout(20_000);
            String answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
            Matcher header = HEADER.matcher(answer);
            assertThat(header.find()).as(answer).isTrue();
            String id = header.group(1);
            assertThat(header.find()).as(answer).isFalse();
            return id;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void the_id_of_a_request_comes_back_and_one_without_gets_a_new_one() {
        String get = "GET /api/v1/jobs HTTP/1.1";
        String longest = "!~\"=;" + "x".repeat(123);
        assertThat(idOf(get, "X-Request-Id: a-1")).isEqualTo("a-1");
        assertThat(idOf(get, "x-request-id:" + longest)).isEqualTo(longest);
        String one = idOf(get);
        assertThat(one).matches(DRAWN);
        assertThat(idOf(get)).matches(DRAWN).isNotEqualTo(one);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\tb", "a\u00e4", "a\u0080"})
    void one_that_could_break_a_line_is_replaced(String id) {
        assertThat(idOf("GET /api/v1/jobs HTTP/1.1", "X-Request-Id: " + id)).matches(DRAWN);
    }

    @Test
    void one_that_is_too_long_or_there_twice_is_replaced() {
        assertThat(idOf("GET /api/v1/jobs HTTP/1.1", "X-Request-Id: " + "x".repeat(129)))
                .matches(DRAWN);
        assertThat(idOf("GET /api/v1/jobs HTTP/1.1", "X-Request-Id: a", "X-Request-Id: b"))
                .matches(DRAWN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /api/v1/jobs/none HTTP/1.1",
                "GET /nothing HTTP/1.1",
                "PUT /api/v1/jobs HTTP/1.1",
                "GET /api/v1/jobs?limit=x HTTP/1.1",
                "GET /api/v1/[ HTTP/1.1",
                "GET /../etc/passwd HTTP/1.1",
                "G(T /api/v1/jobs HTTP/1.1",
                "GET /actuator/health/liveness HTTP/1.1",
            })
    void it_is_on_every_answer_that_of_tomcat_itself_included(String line) {
        assertThat(idOf(line)).matches(DRAWN);
    }

    @Test
    void the_lines_that_a_request_writes_have_its_id_and_others_none() {
        runner.post("/api/v1/jobs", JOB.formatted("alone"), "X-Request-Id", "request=1");
        String batch = "[" + JOB.formatted("first") + "," + JOB.formatted("second") + "]";
        runner.post("/api/v1/jobs:batch", batch, "X-Request-Id", "request=2");
        runner.post("/api/v1/jobs", JOB.formatted("later"), "X-Request-Id", "request=3");
        await().until(() -> linesOf("later").size() == 2);
        for (String job : List.of("alone", "first", "second", "later")) {
            String id = job.equals("alone") ? "request=1" : job.equals("later") ? "request=3" : "request=2";
            assertThat(linesOf(job))
                    .as(job)
                    .hasSize(2)
                    .allSatisfy(line ->
                            assertThat(line.path("request_id").asString("none")).isEqualTo(id));
        }
        assertThat(runner.lines().stream().map(JSON::readTree))
                .filteredOn(line -> line.at("/process/thread/name").asString().equals("main"))
                .isNotEmpty()
                .noneMatch(line -> line.has("request_id"));
    }

    private static List<JsonNode> linesOf(String job) {
        return runner.lines().stream()
                .map(JSON::readTree)
                .filter(line -> line.path("job_id").asString("").equals(job))
                .toList();
    }
}
