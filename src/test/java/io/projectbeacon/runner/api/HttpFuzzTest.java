package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Requests made up at random over all routes. None is answered 5xx or hangs; a refused one gets a problem document, or a page, that
 * names nothing of the code, and has changed no row. A failure names its seed: {@code -Dfuzz.seed=} repeats it.
 */
class HttpFuzzTest {

    private static final Duration FOR = Duration.ofSeconds(Integer.getInteger("fuzz.seconds", 5));
    private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());

    /** So many that each kind of answer is among them, however slow the machine is. */
    private static final int FEWEST = 1_500;

    /** One request in many is a job that is taken, so this route comes more often than the others. */
    private static final List<String> ALSO = Collections.nCopies(6, "POST /api/v1/jobs");

    private static final int SLOWEST_MILLIS = 10_000;
    private static final int MOST_FOUND = 20;

    private static final Pattern HEAD = Pattern.compile("(?s)HTTP/1\\.1 (\\d{3}) ?[^\r\n]*\r\n(.*?)\r\n\r\n(.*)");
    private static final Pattern OF_THE_CODE = Pattern.compile(
            "\\b(?:java|javax|jakarta|tools\\.jackson|org\\.(?:spring|apache|postgresql)\\w*|io\\.projectbeacon)\\.|\\w+Exception\\b|\\tat ");

    /** A number that any change of a row changes, for as long as rows are only added and changed. */
    private static final String ROWS = """
            SELECT (SELECT count(*) || '/' || coalesce(max(xmin::text::bigint), 0) FROM jobs)
              || ' ' || (SELECT count(*) || '/' || coalesce(max(xmin::text::bigint), 0) FROM executions)
              || ' ' || (SELECT count(*) || '/' || coalesce(max(xmin::text::bigint), 0) FROM execution_duplicates)
            """;

    private RunnerApp app;

    @BeforeEach
    void start() {
        app = RunnerApp.fresh("--beacon.worker.enabled=false", "--logging.level.io.projectbeacon=error");
        app.submit("{\"id\":\"waiting\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}");
        app.submit("{\"id\":\"cancelled\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}");
        app.post("/api/v1/jobs/cancelled/cancel", "");
    }

    @AfterEach
    void stop() {
        app.close();
    }

    private List<String> routes() {
        List<HandlerMapping> mappings = app.bean(DispatcherServlet.class).getHandlerMappings();
        List<String> routes = Objects.requireNonNull(mappings).stream()
                .filter(RequestMappingInfoHandlerMapping.class::isInstance)
                .flatMap(mapping -> ((RequestMappingInfoHandlerMapping) mapping).getHandlerMethods().keySet().stream())
                .flatMap(HttpFuzzTest::routes)
                .distinct()
                .sorted()
                .toList();
        assertThat(routes)
                .contains("POST /api/v1/jobs:batch", "GET /api/v1/jobs/{id}/executions", "GET /actuator/health/**");
        return routes;
    }

    private static Stream<String> routes(RequestMappingInfo mapping) {
        Set<RequestMethod> methods = mapping.getMethodsCondition().getMethods();
        return mapping.getPatternValues().stream()
                .flatMap(path -> (methods.isEmpty() ? Set.of(RequestMethod.GET) : methods)
                        .stream().map(method -> method + " " + path));
    }

    @Test
    void no_request_breaks_the_service_and_a_refused_one_changes_nothing() throws IOException {
        HttpRequests requests = new HttpRequests(
                SEED, Stream.concat(routes().stream(), ALSO.stream()).toList());
        Map<Integer, Integer> statuses = new TreeMap<>();
        String rows = rows();
        long end = System.nanoTime() + FOR.toNanos();
        int sent = 0;
        List<AssertionError> found = new ArrayList<>();
        for (; sent < FEWEST || System.nanoTime() < end; sent++) {
            String request = requests.next();
            String context = "seed %d, request %d:%n%s".formatted(SEED, sent, request);
            try {
                int status = check(context, request);
                statuses.merge(status, 1, Integer::sum);
                String now = rows();
                if (status >= 400) {
                    assertThat(now).as(context).isEqualTo(rows);
                }
                rows = now;
            } catch (AssertionError broken) {
                found.add(broken);
                assertThat(found).hasSizeLessThan(MOST_FOUND);
            }
        }
        System.out.printf("HTTP fuzzing: %d requests, seed %d, answers by status %s%n", sent, SEED, statuses);
        assertThat(found).isEmpty();
        assertThat(statuses).containsKeys(200, 202, 400, 404, 405, 415, 422);
        assertThat(app.get("/actuator/health/readiness").status()).isEqualTo(200);
    }

    private String rows() {
        return app.jdbc().sql(ROWS).query(String.class).single();
    }

    private int check(String context, String request) throws IOException {
        String answer = answer(request);
        Matcher parts = HEAD.matcher(answer);
        assertThat(parts.matches()).as(context + "\nanswer: " + answer).isTrue();
        int status = Integer.parseInt(parts.group(1));
        String headers = parts.group(2).toLowerCase(Locale.ROOT);
        assertThat(status).as(context + "\nanswer: " + answer).isBetween(200, 499);
        assertThat(headers).as(context).contains("x-content-type-options: nosniff", "cache-control: no-store");
        if (status >= 400 && !request.startsWith("HEAD ")) {
            String body = headers.contains("transfer-encoding: chunked") ? joined(parts.group(3)) : parts.group(3);
            assertThat(OF_THE_CODE.matcher(body).results())
                    .as(context + "\nanswer: " + body)
                    .isEmpty();
            if (headers.contains("content-type: text/html")) {
                assertThat(request.split(" ")[1]).as(context).doesNotStartWith("/api/");
                assertThat(body).as(context).contains("<main id=\"main\"", "</html>");
                return status;
            }
            assertThat(headers).as(context).contains("content-type: application/problem+json");
            JsonNode problem = JsonMapper.shared().readTree(new String(body.getBytes(ISO_8859_1), UTF_8));
            assertThat(problem.path("status").asInt()).as(context).isEqualTo(status);
            assertThat(problem.path("detail").asString()).as(context).isNotBlank();
        }
        return status;
    }

    /** The text of a chunked body. */
    private static String joined(String chunks) {
        StringBuilder text = new StringBuilder();
        String rest = chunks;
        while (!rest.startsWith("0")) {
            int size = Integer.parseInt(rest.substring(0, rest.indexOf('\r')), 16);
            int begin = rest.indexOf('\n') + 1;
            text.append(rest, begin, begin + size);
            rest = rest.substring(begin + size + 2);
        }
        return text.toString();
    }

    /** Goes on until its job ends, which may be never here. */
    private static final String STREAM = "Content-Type: text/event-stream";

    private String answer(String request) throws IOException {
        try (Socket socket = new Socket("localhost", URI.create(app.base()).getPort())) {
            socket.setSoTimeout(SLOWEST_MILLIS);
            StringBuilder answer = new StringBuilder();
            try {
                socket.getOutputStream().write(request.getBytes(UTF_8));
                byte[] part = new byte[8192];
                int read = socket.getInputStream().read(part);
                while (read >= 0) {
                    answer.append(new String(part, 0, read, ISO_8859_1));
                    read = answer.indexOf(STREAM) < 0 ? socket.getInputStream().read(part) : -1;
                }
            } catch (SocketException reset) {
                assertThat(answer).as("before a reset: %s", request).isNotEmpty();
            }
            return answer.toString();
        }
    }
}
