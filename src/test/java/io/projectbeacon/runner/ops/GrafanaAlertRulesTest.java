package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GrafanaAlertRulesTest {

    private static final Path PROVISIONING = Path.of("ops", "grafana", "provisioning");
    private static final Path GENERATED = Path.of("target", "grafana-alert-rules.yml");

    @Test
    void grafana_has_every_alert_as_it_is_generated_from_the_rules_of_prometheus() throws IOException {
        Path committed = PROVISIONING.resolve("alerting/rules.yml");
        Files.writeString(GENERATED, GrafanaAlertRules.render(AlertRule.all()));
        assertThat(committed)
                .as("if the rules were changed on purpose: cp " + GENERATED + " " + committed)
                .hasSameTextualContentAs(GENERATED);
    }

    @Test
    void the_rules_ask_the_data_source_that_is_provisioned() {
        Map<?, ?> file = (Map<?, ?>) OpsFiles.parse(PROVISIONING.resolve("datasources/prometheus.yml"));
        assertThat(file.get("datasources"))
                .asList()
                .singleElement()
                .satisfies(
                        source -> assertThat(((Map<?, ?>) source).get("uid")).isEqualTo(GrafanaAlertRules.DATASOURCE));
    }

    @Test
    void each_rule_has_an_id_that_grafana_takes() {
        List<String> uids = AlertRule.all().stream().map(GrafanaAlertRules::uid).toList();
        assertThat(uids)
                .isNotEmpty()
                .doesNotHaveDuplicates()
                .allSatisfy(uid -> assertThat(uid).matches("[a-z0-9-]{1,40}"));
    }

    @Test
    void templates_name_labels_and_values_as_grafana_does_and_ask_prometheus_nothing_more() {
        assertThat(GrafanaAlertRules.template("In {{ $labels.region }} {{ $value | printf \"%.2f\" }} a second."))
                .isEqualTo("In {{ .Labels.region }} {{ .Values.A.Value | printf \"%.2f\" }} a second.");
        assertThat(
                        GrafanaAlertRules.template(
                                "It was {{ $value | printf \"%.2f\" }}. By job:{{ range query \"topk(3, x) > 0.5\" }} {{ .Value }};{{ end }}"))
                .isEqualTo("It was {{ .Values.A.Value | printf \"%.2f\" }}. Which: GET /api/v1/duplicates.");
        assertThat(AlertRule.all())
                .isNotEmpty()
                .allSatisfy(alert -> assertThat(
                                alert.annotations().values().stream().map(GrafanaAlertRules::template))
                        .noneMatch(text -> text.contains("$") || text.contains(" query")));
    }
}
