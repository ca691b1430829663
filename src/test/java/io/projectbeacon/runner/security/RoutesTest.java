package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.security.Keys.Key;
import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.handler.AbstractUrlHandlerMapping;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/**
 * Asks every route that the running service has registered, with no key and with a key of each role. The table in
 * {@code docs/security.md} says what came of it; {@code ./mvnw test -Dtest=RoutesTest -Droutes.write=true} writes it.
 */
class RoutesTest {

    private static final Path PAGE = Path.of("docs", "security.md");
    private static final String HEAD = """
            | call | no key | viewer | submitter | operator | metrics |
            | --- | --- | --- | --- | --- | --- |
            """;

    /** The groups of {@code /actuator/health/**} that probes ask for. */
    private static final List<Route> PROBES =
            List.of(new Route("/actuator/health/liveness", "GET"), new Route("/actuator/health/readiness", "GET"));

    /** What a login needs before there is one. */
    private static final List<String> OPEN = List.of("/login", "/logout", "/ui/static/**", "/webjars/**");

    private static final Map<String, Key> KEYS = new LinkedHashMap<>();
    private static RunnerApp app;

    private record Route(String path, String method) implements Comparable<Route> {

        @Override
        public int compareTo(Route other) {
            return (path + " " + method).compareTo(other.path + " " + other.method);
        }
    }

    @BeforeAll
    static void start() {
        for (String role : List.of("viewer", "submitter", "operator", "metrics")) {
            KEYS.put(role, Keys.draw("caller-" + role, role));
        }
        app = RunnerApp.fresh(Keys.properties(KEYS.values().toArray(Key[]::new)).toArray(String[]::new));
        // The servlet has no mappings before its first request.
        assertThat(answer(PROBES.getFirst(), null).status()).isEqualTo(200);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void the_page_says_for_each_route_what_each_role_is_answered() throws IOException {
        String table = HEAD + routes().stream().map(RoutesTest::row).collect(Collectors.joining());
        String page = Files.readString(PAGE);
        Around written = new Around(page);
        if (Boolean.getBoolean("routes.write")) {
            Files.writeString(PAGE, written.before + table + written.after);
        }
        assertThat(table).isEqualTo(written.table);
    }

    /** The page around its table. */
    private static final class Around {

        final String before;
        final String table;
        final String after;

        Around(String page) {
            int from = page.indexOf(HEAD.lines().findFirst().orElseThrow());
            int to = page.indexOf("\n\n", from) + 1;
            before = page.substring(0, from);
            table = page.substring(from, to);
            after = page.substring(to);
        }
    }

    @Test
    void only_the_probes_and_what_a_login_needs_are_answered_without_a_key() {
        assertThat(routes().stream()
                        .filter(route -> !cell(answer(route, null)).matches("401|login"))
                        .filter(route -> !PROBES.contains(route))
                        .map(Route::path)
                        .distinct())
                .containsExactlyElementsOf(OPEN);
        // A form without its token is refused, also where it needs no key.
        assertThat(answer(new Route("/logout", "POST"), null).status()).isEqualTo(403);
    }

    @Test
    void a_refusal_is_a_problem_document_that_says_what_is_needed() {
        for (Route route : routes()) {
            for (String role : KEYS.keySet()) {
                Wire.Answer answer = answer(route, KEYS.get(role));
                if (answer.status() == 403) {
                    assertThat(answer.header("Content-Type"))
                            .startsWith(isPage(route) ? "text/html" : "application/problem+json");
                    assertThat(answer.body()).contains("This needs the role ");
                }
            }
        }
        Wire.Answer unknown = answer(new Route("/api/v1/jobs", "GET"), null);
        assertThat(unknown.header("WWW-Authenticate")).startsWith("Bearer");
        assertThat(unknown.header("Content-Type")).startsWith("application/problem+json");
        assertThat(unknown.body()).contains("\"status\":401", "This needs a key");
        assertThat(answer(new Route("/api/v1/jobs", "POST"), KEYS.get("viewer")).body())
                .contains("This needs the role submitter.");
        assertThat(answer(new Route("/actuator/info", "GET"), KEYS.get("submitter"))
                        .body())
                .contains("This needs the role operator.");
        assertThat(answer(new Route("/metrics", "GET"), KEYS.get("operator")).body())
                .contains("This needs the role metrics.");
    }

    @Test
    void a_path_that_is_no_route_or_a_spelling_of_one_is_closed_too() {
        for (String path : List.of(
                "/nothing",
                "/api",
                "/api/v1/JOBS",
                "/api/v1/jobs/",
                "//api/v1/jobs",
                "/api/v1/./jobs",
                "/x/../api/v1/jobs",
                "/api/v1/jobs;v=1",
                "/api;/v1/jobs",
                "/%61pi/v1/jobs",
                "/api%2Fv1%2Fjobs",
                "/actuator",
                "/actuator/",
                "/ACTUATOR/info",
                "/actuator/info/",
                "/actuator/health/liveness/../../info",
                "/actuator/health/liveness/%2e%2e/%2e%2e/info",
                "/actuator/health/readiness/..;/..;/info",
                "/actuator/health",
                "/actuator/health/db",
                "/actuator/health/liveness/livenessState",
                "/actuator/env",
                "/error")) {
            for (String method :
                    List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")) {
                Wire.Answer answer = answer(new Route(path, method), null);
                assertThat(answer.status()).as(method + " " + path).isIn(400, 401, 405, 501);
                assertThat(answer.body()).doesNotContain("\"jobs\"", "\"settings\"", "\"components\"");
            }
        }
    }

    private static String row(Route route) {
        List<String> roles = Stream.concat(Stream.of((Key) null), KEYS.values().stream())
                .map(key -> cell(answer(route, key)))
                .toList();
        return "| `%s %s` | %s |\n".formatted(route.method, route.path, String.join(" | ", roles));
    }

    private static boolean isPage(Route route) {
        return app.pages().contains(route.method + " " + route.path) || route.path.startsWith("/ui/");
    }

    private static String cell(Wire.Answer answer) {
        int status = answer.status();
        assertThat(status).as("a refusal, or what the route itself answers").isNotEqualTo(500);
        if (status == 302 && answer.header("Location").startsWith("/login")) {
            return "login";
        }
        return status == 401 || status == 403 ? String.valueOf(status) : "yes";
    }

    private static Wire.Answer answer(Route route, Key key) {
        String path = route.path.replaceAll("\\{[^}]+}", "none").replace("**", "db");
        String[] headers = key == null ? new String[0] : new String[] {key.header()};
        return Wire.to(app).send(route.method, path, route.method.equals("GET") ? "" : "{}", headers);
    }

    private static SortedSet<Route> routes() {
        SortedSet<Route> routes = new TreeSet<>(PROBES);
        for (HandlerMapping mapping : app.bean(DispatcherServlet.class).getHandlerMappings()) {
            if (mapping instanceof RequestMappingInfoHandlerMapping methods) {
                methods.getHandlerMethods().keySet().forEach(info -> add(routes, info));
            } else if (mapping instanceof AbstractUrlHandlerMapping urls) {
                urls.getHandlerMap().keySet().forEach(path -> routes.add(new Route(path, "GET")));
            } else {
                assertThat(mapping.getClass().getSimpleName())
                        .as("a mapping whose routes this test does not know how to list")
                        .isIn("BeanNameUrlHandlerMapping", "RouterFunctionMapping", "WelcomePageHandlerMapping");
            }
        }
        return routes;
    }

    private static void add(SortedSet<Route> routes, RequestMappingInfo info) {
        List<String> methods = info.getMethodsCondition().getMethods().isEmpty()
                ? List.of("GET", "POST")
                : info.getMethodsCondition().getMethods().stream()
                        .map(RequestMethod::name)
                        .toList();
        info.getPatternValues().forEach(path -> methods.forEach(method -> routes.add(new Route(path, method))));
    }
}
