package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What the runbook tells an operator to type at three in the morning can be typed: each program, path and name in it is there. */
class RunbookTest {

    private static final Path PAGE = Path.of("docs", "runbook.md");
    private static final Path MANIFESTS = Path.of("ops", "kubernetes");

    private static final Set<String> PROGRAMS =
            Set.of("kubectl", "curl", "jq", "psql", "docker", "base64", "grep", "echo", "date", "amtool");

    private static final Set<String> KUBECTL = Set.of(
            "get",
            "logs",
            "describe",
            "delete",
            "drain",
            "cordon",
            "exec",
            "patch",
            "port-forward",
            "rollout",
            "scale",
            "set");

    /** Kinds as kubectl has them, by those of the manifests. */
    private static final Map<String, String> KINDS =
            Map.of("deployment", "Deployment", "deploy", "Deployment", "service", "Service", "secret", "Secret");

    private static final Pattern CALLED =
            Pattern.compile("(?:-X (\\w+) [^|]*?)?(?:\\$BEACON|http://localhost:\\d+)(/[^\\s\"'?)]*)");
    private static final Pattern NAMED = Pattern.compile("`(GET|POST|DELETE) (/[^`? ]+)[^`]*`");
    private static final Pattern ACTUATOR = Pattern.compile("(?<![a-z/])(/actuator/[\\w/-]+)");
    private static final Pattern FILE = Pattern.compile("(?<![\\w/])((?:\\.\\./)?ops/[\\w./-]+\\.\\w+)");
    private static final Pattern METRIC = Pattern.compile("\\bbeacon_[a-z_]+\\b");
    private static final Pattern PROPERTY = Pattern.compile("`(beacon\\.[a-z.<>-]+)`");
    private static final Pattern VARIABLE = Pattern.compile("\\bBEACON_[A-Z_]+\\b");
    private static final Pattern ANCHOR = Pattern.compile("]\\(([\\w.-]*)#([\\w-]+)\\)");

    private static String page;
    private static List<String> lines;
    private static RunnerApp app;

    @BeforeAll
    static void start() throws IOException {
        page = Files.readString(PAGE);
        lines = RunbookCommands.lines(page);
        app = RunnerApp.fresh("--beacon.regions.us-east.max-in-flight-total=5");
        app.get("/actuator/health/liveness"); // The servlet has no mappings before its first request.
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(match -> match.group(match.groupCount()))
                .distinct()
                .toList();
    }

    private static List<String> kubectl() {
        return lines.stream()
                .flatMap(line -> RunbookCommands.simple(line).stream())
                .filter(command -> command.startsWith("kubectl "))
                .toList();
    }

    @Test
    void each_command_is_a_program_that_an_operator_has() {
        assertThat(lines).hasSizeGreaterThan(40);
        assertThat(lines)
                .flatExtracting(RunbookCommands::simple)
                .extracting(command -> command.split("\\s")[0])
                .isSubsetOf(PROGRAMS);
        assertThat(kubectl())
                .extracting(command ->
                        command.replaceFirst("kubectl (-n \\S+ )?", "").split("\\s")[0])
                .isSubsetOf(KUBECTL);
    }

    @Test
    void each_path_of_the_api_is_a_route_of_the_method_with_which_it_is_called() {
        List<String> calls = new ArrayList<>();
        for (String line : lines) {
            for (String part : line.split("curl ")) {
                for (MatchResult call : CALLED.matcher(part).results().toList()) {
                    calls.add((call.group(1) == null ? "GET" : call.group(1)) + " " + call.group(2));
                }
            }
        }
        NAMED.matcher(page).results().forEach(call -> calls.add(call.group(1) + " " + call.group(2)));
        assertThat(calls).hasSizeGreaterThan(20);
        assertThat(calls)
                .filteredOn(call -> !call.contains(" /actuator/"))
                .allSatisfy(call -> assertThat(app.routes()).as(call).anyMatch(route -> isOf(call, route)));
        assertThat(found(ACTUATOR, page))
                .contains("/actuator/health", "/actuator/threads")
                .allSatisfy(path -> assertThat(app.get(path).status()).as(path).isEqualTo(200));
    }

    private static boolean isOf(String call, String route) {
        List<String> called = List.of(call.split("/"));
        List<String> parts = List.of(route.split("/"));
        for (int n = 0; n < Math.min(called.size(), parts.size()); n++) {
            if (!parts.get(n).startsWith("{") && !parts.get(n).equals(called.get(n))) {
                return false;
            }
        }
        return called.size() == parts.size();
    }

    @Test
    void each_file_is_there() {
        List<String> files = found(FILE, page);
        assertThat(files)
                .hasSizeGreaterThan(2)
                .allSatisfy(file ->
                        assertThat(Path.of(file.replaceFirst("^\\.\\./", ""))).exists());
    }

    @Test
    void each_heading_that_is_linked_to_is_there() throws IOException {
        for (MatchResult link : ANCHOR.matcher(page).results().toList()) {
            Path linked = link.group(1).isEmpty() ? PAGE : PAGE.resolveSibling(link.group(1));
            assertThat(Files.readString(linked).lines())
                    .as(link.group())
                    .anyMatch(line -> line.startsWith("#")
                            && line.replaceFirst("#+ ", "")
                                    .toLowerCase(Locale.ROOT)
                                    .replaceAll("[^\\w -]", "")
                                    .replace(' ', '-')
                                    .equals(link.group(2)));
        }
    }

    @Test
    void each_object_of_the_cluster_is_one_of_the_manifests() throws IOException {
        Set<String> objects = new HashSet<>();
        Set<String> containers = new HashSet<>();
        Set<String> keys = new HashSet<>();
        for (Map<?, ?> manifest : manifests()) {
            String name = String.valueOf(((Map<?, ?>) manifest.get("metadata")).get("name"));
            objects.add(manifest.get("kind") + "/" + name);
            containers.addAll(containers(manifest));
            if (manifest.get("stringData") instanceof Map<?, ?> data) {
                data.keySet().forEach(key -> keys.add(name + " " + key));
            }
        }
        assertThat(containers).contains("beacon-runner");
        for (String line : lines) {
            found(Pattern.compile("-n (\\S+)"), line)
                    .forEach(name -> assertThat(name).isEqualTo("beacon-runner"));
            found(Pattern.compile("-c ([a-z]\\S+)"), line)
                    .forEach(name -> assertThat(containers).contains(name));
            found(Pattern.compile("-l (\\S+)"), line)
                    .forEach(label -> assertThat(label).isEqualTo("app.kubernetes.io/name=beacon-runner"));
            for (MatchResult named : Pattern.compile("\\b(" + String.join("|", KINDS.keySet()) + ")/([a-z-]+)")
                    .matcher(line)
                    .results()
                    .toList()) {
                assertThat(objects).contains(KINDS.get(named.group(1)) + "/" + named.group(2));
            }
            for (MatchResult image : Pattern.compile("([a-z-]+)=\"\\$IMAGE\"")
                    .matcher(line)
                    .results()
                    .toList()) {
                assertThat(containers).contains(image.group(1));
            }
            for (MatchResult patched : Pattern.compile("secret/(\\S+) .*ata\\\\\":\\{\\\\\"([\\w-]+)")
                    .matcher(line)
                    .results()
                    .toList()) {
                assertThat(keys).contains(patched.group(1) + " " + patched.group(2));
            }
        }
        assertThat(keys).contains("beacon-runner-api-keys scrape-key");
    }

    private static List<Map<?, ?>> manifests() throws IOException {
        List<Map<?, ?>> all = new ArrayList<>();
        try (Stream<Path> files = Files.walk(MANIFESTS)) {
            for (Path file :
                    files.filter(name -> name.toString().endsWith(".yaml")).toList()) {
                for (Object document :
                        new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(Files.readString(file))) {
                    if (document instanceof Map<?, ?> manifest && manifest.get("metadata") != null) {
                        all.add(manifest);
                    }
                }
            }
        }
        return all;
    }

    /** The names of all containers, those that come before the service included. */
    private static Set<String> containers(Object node) {
        Set<String> names = new HashSet<>();
        if (node instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if (value instanceof List<?> list
                        && Set.of("containers", "initContainers").contains(key)) {
                    list.forEach(container -> names.add(String.valueOf(((Map<?, ?>) container).get("name"))));
                }
                names.addAll(containers(value));
            });
        }
        return names;
    }

    @Test
    void what_a_spec_names_twice_is_listed_where_the_page_says_and_not_in_warnings() {
        app.submit("{\"id\":\"twice\",\"models\":[\"a\",\"b\",\"a\"],\"regions\":[\"us-east\"],\"prompt\":\"Who?\"}");
        assertThat(app.get("/api/v1/jobs/twice").json().path("warnings")).isEmpty();
        assertThat(app.get("/api/v1/jobs/twice/duplicates")
                        .json()
                        .path("duplicates")
                        .valueStream())
                .singleElement()
                .matches(entry -> entry.path("layer").asString().equals("input")
                        && entry.path("model_id").asString().equals("a")
                        && entry.path("occurrences").asInt() == 1);
    }

    @Test
    void each_question_to_the_database_is_understood_by_it() throws Exception {
        List<String> statements = lines.stream()
                .flatMap(line -> RunbookCommands.statements(line).stream())
                .toList();
        assertThat(statements).hasSizeGreaterThan(5);
        try (Database database = Database.fresh();
                Connection connection = database.pool(1).getConnection();
                Statement psql = connection.createStatement()) {
            int n = 0;
            for (String statement : statements) {
                if (statement.startsWith("ALTER SYSTEM")) {
                    continue; // It would be made, and the server is that of all tests.
                }
                String prepare = "PREPARE s" + n++ + " AS "
                        + statement.replace("$PID", "1").replaceAll("\\$[A-Z]+", "x");
                assertThatCode(() -> psql.execute(prepare)).as(statement).doesNotThrowAnyException();
            }
        }
    }

    @Test
    void each_metric_and_each_setting_is_one_of_the_service() throws IOException {
        String scrape = app.scrape();
        String code = Files.readString(Path.of("src/main/java/io/projectbeacon/runner/metrics/BeaconMetrics.java"))
                + Files.readString(Path.of("src/main/java/io/projectbeacon/runner/metrics/ModelMeters.java"));
        assertThat(found(Pattern.compile("(" + METRIC.pattern() + ")"), page))
                .isNotEmpty()
                .allSatisfy(metric -> {
                    String dotted =
                            metric.replaceFirst("_(total|seconds|bytes)$", "").replace('_', '.');
                    assertThat(scrape.contains(metric)
                                    || code.contains("\"" + dotted + "\"")
                                    || code.contains("\"" + metric + "\""))
                            .as(metric)
                            .isTrue();
                });
        String settings = Files.readString(Path.of("docs", "configuration.md"));
        assertThat(found(PROPERTY, page))
                .isNotEmpty()
                .allSatisfy(property -> assertThat(settings).contains("`" + property));
        String spelled = settings.toUpperCase(Locale.ROOT).replace("-", "").replace('.', '_');
        assertThat(found(Pattern.compile("(" + VARIABLE.pattern() + ")"), page))
                .allSatisfy(variable -> assertThat(spelled).contains("`" + variable + "`"));
    }
}
