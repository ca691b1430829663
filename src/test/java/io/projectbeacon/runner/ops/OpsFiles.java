package io.projectbeacon.runner.ops;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.json.JsonMapper;

/** The files of {@code ops/} for Prometheus and Grafana, read as those read them. */
final class OpsFiles {

    static final Path PROMETHEUS = Path.of("ops", "prometheus");
    static final Path DASHBOARDS = Path.of("ops", "grafana", "dashboards");

    /** The fields of rules, rule tests, panels and dashboard variables that hold PromQL. */
    private static final Set<String> PROMQL_FIELDS = Set.of("expr", "query", "series");

    /** A query inside the template of an alert's description. */
    private static final Pattern TEMPLATE_QUERY = Pattern.compile("query (?:\\(printf )?\"([^\"]*)\"");

    private OpsFiles() {}

    static List<Path> rules() {
        return files(PROMETHEUS.resolve("rules"), ".yml");
    }

    /** The addresses that alerts link to. */
    static Properties links() {
        Properties links = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of("ops", "links.env"))) {
            links.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return links;
    }

    static List<Path> ruleTests() {
        return files(PROMETHEUS.resolve("tests"), ".yml");
    }

    static List<Path> dashboards() {
        return files(DASHBOARDS, ".json");
    }

    /** Parses a YAML or JSON file into maps, lists and scalars; of several documents, the first. */
    static Object parse(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            return file.toString().endsWith(".json")
                    ? JsonMapper.shared().readValue(reader, Object.class)
                    : new Yaml(new SafeConstructor(new LoaderOptions()))
                            .loadAll(reader)
                            .iterator()
                            .next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every PromQL expression of the file, wherever it stands. */
    static List<String> expressions(Path file) {
        List<String> found = new ArrayList<>();
        collect("", parse(file), found);
        return found;
    }

    private static void collect(String field, Object node, List<String> found) {
        switch (node) {
            case Map<?, ?> map ->
                map.forEach((key, value) -> {
                    if (value != null) {
                        collect(key.toString(), value, found);
                    }
                });
            case List<?> list -> list.forEach(element -> collect(field, element, found));
            case String text -> found.addAll(PROMQL_FIELDS.contains(field) ? List.of(text) : templateQueries(text));
            default -> {}
        }
    }

    /** The queries inside the template of an alert's description; a label that is put in is taken for one that is missing. */
    static List<String> templateQueries(String text) {
        return TEMPLATE_QUERY
                .matcher(text)
                .results()
                .map(query -> query.group(1).replace("%q", "\"\""))
                .toList();
    }

    /** The metrics of this service that an expression names; what stands in quotes is a label's value, not a name. */
    static List<String> metricNames(String expression) {
        String unquoted = expression.replaceAll("\"[^\"]*\"|'[^']*'", "");
        return Pattern.compile("\\bbeacon_\\w+")
                .matcher(unquoted)
                .results()
                .map(MatchResult::group)
                .toList();
    }

    private static List<Path> files(Path folder, String suffix) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
