package io.projectbeacon.runner.ops;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/**
 * The alerts of {@code ops/prometheus/rules} as Grafana-managed alert rules, in the format of provisioning files.
 *
 * <p>An alert's whole expression, its comparison included, is Grafana's query A, so that each series of the result
 * fires, as in Prometheus; condition C holds for every value above -1, and no alert's expression gives a negative one.
 * An empty result is the healthy case. Recorded series are queried by their names: Prometheus records them.
 */
final class GrafanaAlertRules {

    static final String DATASOURCE = "prometheus";

    /* Grafana takes multiples of its own 10 s only, so not the 15 s of Prometheus. */
    private static final String INTERVAL = "30s";

    private static final String HEADER = """
            # Generated from ops/prometheus/rules: change these, then
            #   ./mvnw test -Dtest=GrafanaAlertRulesTest
            #   cp target/grafana-alert-rules.yml ops/grafana/provisioning/alerting/rules.yml
            # They ask the same of the same Prometheus, so switch on notifications either here or in Alertmanager.
            # Templates that ask Prometheus further questions do not work in Grafana: such sentences are left out.
            """;

    private GrafanaAlertRules() {}

    static String render(List<AlertRule> alerts) {
        Map<String, List<Map<String, ?>>> groups = new LinkedHashMap<>();
        for (AlertRule alert : alerts) {
            groups.computeIfAbsent(alert.group(), name -> new ArrayList<>()).add(rule(alert));
        }
        List<Map<String, ?>> rendered = new ArrayList<>();
        groups.forEach((name, rules) ->
                rendered.add(ordered("name", name, "folder", "Beacon Runner", "interval", INTERVAL, "rules", rules)));
        return HEADER + yaml().dump(ordered("apiVersion", 1, "groups", rendered));
    }

    private static Map<String, ?> rule(AlertRule alert) {
        return ordered(
                "uid", uid(alert),
                "title", alert.name(),
                "condition", "C",
                "data", List.of(query(alert), anything()),
                "for", alert.pending(),
                "noDataState", "OK",
                "execErrState", "Error",
                // As in Prometheus, an alert is resolved once its series is missing from a result.
                "missing_series_evals_to_resolve", 1,
                "labels", alert.labels(),
                "annotations",
                        ordered(
                                "summary", template(alert.annotations().get("summary")),
                                "description", template(alert.annotations().get("description")),
                                "runbook_url", alert.annotations().get("runbook_url"),
                                "dashboard_url", template(alert.annotations().get("dashboard_url"))));
    }

    /** At most 40 characters, which is all that Grafana takes. */
    static String uid(AlertRule alert) {
        return "beacon-" + alert.name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, ?> query(AlertRule alert) {
        return ordered(
                "refId",
                "A",
                "relativeTimeRange",
                ordered("from", 600, "to", 0),
                "datasourceUid",
                DATASOURCE,
                "model",
                ordered(
                        "refId",
                        "A",
                        "datasource",
                        ordered("type", "prometheus", "uid", DATASOURCE),
                        "editorMode",
                        "code",
                        "expr",
                        alert.expr(),
                        "instant",
                        true,
                        "range",
                        false,
                        "intervalMs",
                        15000,
                        "maxDataPoints",
                        43200));
    }

    private static Map<String, ?> anything() {
        return ordered(
                "refId",
                "C",
                "relativeTimeRange",
                ordered("from", 0, "to", 0),
                "datasourceUid",
                "__expr__",
                "model",
                ordered(
                        "refId",
                        "C",
                        "datasource",
                        ordered("type", "__expr__", "uid", "__expr__"),
                        "type",
                        "threshold",
                        "expression",
                        "A",
                        "conditions",
                        List.of(ordered("type", "query", "evaluator", ordered("type", "gt", "params", List.of(-1)))),
                        "intervalMs",
                        1000,
                        "maxDataPoints",
                        43200));
    }

    /**
     * Turns a template of Prometheus into one of Grafana, without a dollar sign: in its provisioning files Grafana
     * takes some of those for environment variables.
     */
    static String template(String text) {
        String plain = text.strip().replaceFirst("(?s)[^.]*\\{\\{ range query.*\\{\\{ end }}", "");
        String pointer = plain.length() < text.strip().length() ? " Which: GET /api/v1/duplicates." : "";
        return plain.replace("$labels.", ".Labels.").replace("$value", ".Values.A.Value") + pointer;
    }

    private static Yaml yaml() {
        DumperOptions options = new DumperOptions();
        options.setDefaultFlowStyle(FlowStyle.BLOCK);
        options.setIndicatorIndent(2);
        options.setIndentWithIndicator(true);
        options.setWidth(1000);
        return new Yaml(new ManyLinesAsTheyAre(options), options);
    }

    /** Writes a PromQL expression of several lines as it stands, rather than in quotes with escapes. */
    private static final class ManyLinesAsTheyAre extends Representer {
        ManyLinesAsTheyAre(DumperOptions options) {
            super(options);
        }

        @Override
        protected Node representScalar(Tag tag, String value, ScalarStyle style) {
            return super.representScalar(tag, value, value.contains("\n") ? ScalarStyle.LITERAL : style);
        }
    }

    private static Map<String, Object> ordered(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}
