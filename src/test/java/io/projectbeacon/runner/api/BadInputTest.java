package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.jobspec.BadJobSpecs;
import io.projectbeacon.runner.jobspec.BadJobSpecs.BadJobSpec;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Each bad request gets one problem document and changes nothing. */
class BadInputTest {

    private static final String GOOD = "{\"id\": \"good\", \"models\": [\"a\", \"a\"], \"regions\": [\"us-east\"]}";

    private static RunnerApp app;
    private static String before;

    @BeforeAll
    static void oneGoodJob() {
        app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms");
        app.submit(GOOD);
        app.ended("good");
        before = everything();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @AfterEach
    void nothingHasChanged() {
        assertThat(everything()).isEqualTo(before);
    }

    /** Every row of the three tables, and every counter of the service. */
    private static String everything() {
        List<String> rows = app.jdbc()
                .sql("SELECT j::text FROM jobs j UNION ALL SELECT e::text FROM executions e"
                        + " UNION ALL SELECT d::text FROM execution_duplicates d")
                .query(String.class)
                .list();
        List<String> counters = app.scrape()
                .lines()
                .filter(line -> line.startsWith("beacon_") && line.contains("_total{"))
                .sorted()
                .toList();
        return String.join("\n", rows) + "\n" + String.join("\n", counters);
    }

    static Stream<BadJobSpec> badJobSpecs() {
        return BadJobSpecs.all().stream();
    }

    @ParameterizedTest
    @MethodSource("badJobSpecs")
    void a_bad_jobspec_gets_its_status_and_its_pointers(BadJobSpec bad) {
        Reply reply = app.post("/api/v1/jobs", bad.body(), "application/json");
        assertThat(reply.status())
                .isEqualTo(
                        switch (bad.kind()) {
                            case MALFORMED -> 400;
                            case INVALID -> 422;
                        });
        assertProblem(reply);
        assertThat(reply.json().path("errors").values())
                .extracting(error -> error.path("pointer").asString())
                .containsExactlyInAnyOrderElementsOf(bad.pointers());
        assertThat(reply.json().path("errors").values())
                .allMatch(error -> !error.path("detail").asString().isBlank());
    }

    @ParameterizedTest
    @CsvSource({
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/x-ndjson",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "multipart/mixed",
    })
    void another_content_type_is_refused(String type) {
        Reply reply = app.post("/api/v1/jobs", GOOD.getBytes(UTF_8), type);
        assertThat(reply.status()).isEqualTo(415);
        assertProblem(reply);
    }

    @ParameterizedTest
    @CsvSource({"1048577, 413", "3000000, 413", "1048576, 202"})
    void a_body_may_be_one_mebibyte_and_no_more(int size, int status) {
        String spec =
                "{\"id\": \"size-%d\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"pad\": \"\"}".formatted(size);
        String padded = spec.replace("\"\"}", "\"" + "x".repeat(size - spec.length()) + "\"}");
        assertThat(padded).hasSize(size);
        Reply reply = app.submit(padded);
        assertThat(reply.status()).isEqualTo(status);
        if (status == 413) {
            assertProblem(reply);
        } else {
            app.ended("size-" + size);
            before = everything();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/jobs?limit=0, 400",
        "/api/v1/jobs?limit=-1, 400",
        "/api/v1/jobs?limit=ten, 400",
        "/api/v1/jobs?cursor=abc, 400",
        "/api/v1/jobs?status=done, 400",
        "/api/v1/jobs?total=maybe, 400",
        "/api/v1/jobs/none, 404",
        "/api/v1/jobs/none/executions, 404",
        "/api/v1/jobs/none/duplicates, 404",
        "/api/v1/jobs/good/executions?status=queued, 400",
        "/api/v1/jobs/good/executions?limit=99999999999, 400",
        "/api/v1/duplicates?layer=nowhere, 400",
        "/api/v1/duplicates?since=yesterday, 400",
        "/api/v1/duplicates?since=%2B10000-01-01T00:00:00Z, 400",
        "/api/v1/duplicates?since=-0001-01-01T00:00:00Z, 400",
        "/api/v1/jobs/good/duplicates?since=%2B999999999-01-01T00:00:00Z, 400",
        "/api/v1/jobs?status=%ff, 400",
        "/api/v1/duplicates?region=%c3, 400",
        "/metrics?x=%ff, 400",
        "/api/v1/nothing, 404",
        "/api/v1/jobs?limit=x&limit=y, 400",
        "/api/v1/jobs?limit=1&limit=2, 400",
        "/api/v1/jobs?limit=1&%6Cimit=1, 400",
        "/api/v1/jobs?cursor=1&cursor=2, 400",
        "/api/v1/jobs?status=queued&status=queued, 400",
        "/api/v1/jobs?total=true&total=false, 400",
        "/api/v1/jobs?total=true%2Cfalse, 400",
        "/api/v1/jobs?limit=1%2C2, 400",
        "/api/v1/jobs?x=1&x=2, 400",
        "/api/v1/jobs/good?x&x, 400",
        "/api/v1/jobs/good/executions?region=us-east&region=eu-west, 400",
        "/api/v1/jobs/good/executions?model_id=a&model_id=b, 400",
        "/api/v1/jobs/good/executions?flagged=true&flagged=false, 400",
        "/api/v1/jobs/good/duplicates?since=2026-01-01T00:00:00Z&since=2026-01-01T00:00:00Z, 400",
        "/api/v1/duplicates?layer=input&layer=claim, 400",
        "/actuator/health/nothing/here, 404",
        "/actuator/health/nothing, 404",
        "/actuator/sbom/nothing, 404",
    })
    void a_bad_question_gets_its_status(String path, int status) {
        Reply reply = app.get(path);
        assertThat(reply.status()).isEqualTo(status);
        assertProblem(reply);
        assertThat(reply.response().body()).doesNotContain("java", "String", "Exception");
    }

    @Test
    void a_repeated_parameter_is_named() {
        assertThat(app.get("/api/v1/jobs?limit=x&limit=y")
                        .json()
                        .path("errors")
                        .path(0)
                        .toString())
                .isEqualTo("{\"parameter\":\"limit\",\"detail\":\"it is given more than once.\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "Idempotency-Key: a, Idempotency-Key: b, 400",
        "Idempotency-Key: a, idempotency-key: a, 400",
        "Content-Type: application/json, Content-Type: text/plain, 400",
        "Content-Encoding: identity, Content-Encoding: gzip, 400",
        "Content-Type: application/*, X: y, 415",
        "Content-Type: */*, X: y, 415",
    })
    void a_header_of_which_one_is_read_is_refused_when_it_is_there_twice(String first, String second, int status)
            throws IOException {
        try (Socket socket = new Socket("localhost", URI.create(app.base()).getPort())) {
            String head =
                    "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n%s\r\n\r\n%s"
                            .formatted(GOOD.length(), first, second, GOOD);
            socket.getOutputStream().write(head.getBytes(UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                    .startsWith("HTTP/1.1 " + status + " ")
                    .contains("\"status\":" + status);
        }
    }

    @Test
    void what_the_service_is_made_of_is_in_its_bill_of_materials() {
        JsonNode bill = app.get("/actuator/sbom/application").json();
        assertThat(bill.path("bomFormat").asString()).isEqualTo("CycloneDX");
        assertThat(bill.path("components").values())
                .extracting(component -> component.path("name").asString())
                .contains("tomcat-embed-core", "postgresql", "spring-webmvc")
                .doesNotContain("jazzer", "junit-jupiter-api");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/v1/jobs/none/retry | {} | 404",
                "/api/v1/jobs/good/retry | {\"include_unknown\": 1} | 422",
                "/api/v1/jobs/good/retry | [] | 422",
                "/api/v1/jobs/good/retry | {nonsense | 400",
                "/api/v1/jobs/good/retry | {} {} | 400",
                "/api/v1/jobs/good/retry | {\"include_unknown\": false, \"include_unknown\": true} | 400",
            })
    void a_bad_retry_gets_its_status(String path, String body, int status) {
        Reply reply = app.post(path, body);
        assertThat(reply.status()).isEqualTo(status);
        assertProblem(reply);
    }

    @Test
    void a_bad_idempotency_key_is_refused() {
        String spec = "{\"models\": [\"a\"], \"regions\": [\"us-east\"]}";
        assertProblem(app.submit(spec, "Idempotency-Key", " "));
        assertThat(app.submit(spec, "Idempotency-Key", "k".repeat(256)).status())
                .isEqualTo(400);
    }

    @Test
    void a_method_that_is_not_there_is_refused() {
        Reply reply = app.post("/api/v1/duplicates", "{}");
        assertThat(reply.status()).isEqualTo(405);
        assertProblem(reply);
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage", "a/b/c", ";;", "text/html, garbage", "image/png"})
    void an_accept_header_that_cannot_be_met_does_not_empty_the_answer(String accept) {
        Reply invalid = app.post("/api/v1/jobs", "{}", "Accept", accept);
        assertThat(invalid.status()).isEqualTo(422);
        assertProblem(invalid);
        Reply absent = app.post("/api/v1/jobs/none/cancel", "", "Accept", accept);
        assertThat(absent.status()).isEqualTo(404);
        assertProblem(absent);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "identity, gzip"})
    void a_compressed_body_is_refused_before_it_is_read(String encoding) {
        Reply reply = app.submit(GOOD, "Content-Encoding", encoding);
        assertThat(reply.status()).isEqualTo(415);
        assertThat(reply.header("Accept-Encoding")).isEqualTo("identity");
        assertProblem(reply);
    }

    /** Sent through a plain socket: no HTTP client would send these requests. */
    @ParameterizedTest
    @CsvSource({
        "GET /api/v1/jobs?limit=%, 400",
        "GET /api/v1/jobs?x=%zz, 400",
        "GET /actuator/health/liveness?x=%f, 400",
        "GET /api/v1/jobs/%zz, 400",
        "GET /api/v1/jobs/a%2Fb, 400",
        "GET /api/v1/jobs/%00, 400",
        "GET /api/v1/jobs?x=<y>, 400",
        "PUT /metrics, 405",
        "TRACE /api/v1/jobs, 405",
    })
    void what_no_client_should_send_is_a_problem_too(String begin, int status) throws IOException {
        try (Socket socket = new Socket("localhost", URI.create(app.base()).getPort())) {
            socket.getOutputStream()
                    .write((begin + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").getBytes(UTF_8));
            String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
            assertThat(answer.toLowerCase(Locale.ROOT)).contains("content-type: application/problem+json");
            assertThat(answer).contains("\"status\":" + status, "\"detail\":\"");
        }
    }

    private static void assertProblem(Reply reply) {
        assertThat(reply.status()).isBetween(400, 499);
        assertThat(reply.header("Content-Type")).startsWith("application/problem+json");
        JsonNode problem = reply.json();
        assertThat(problem.path("status").asInt()).isEqualTo(reply.status());
        assertThat(problem.path("detail").asString()).isNotBlank();
    }
}
