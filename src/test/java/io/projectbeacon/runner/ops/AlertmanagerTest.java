package io.projectbeacon.runner.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.projectbeacon.runner.support.Tools;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AlertmanagerTest {

    private static final Path FILE = Path.of("ops", "alertmanager", "alertmanager.yml");

    /** The alerts that silence others. A test posts one of them, together with every alert that is not in this set. */
    private static final Set<String> SOURCES = Set.of(
            "NoRunner",
            "EveryRunnerRestarts",
            "DatabaseUnreachable",
            "RedisUnreachable",
            "UniqueKeyMissing",
            "NoRegionAnswers",
            "MostCellsFail",
            "NoProgress",
            "ApiDown",
            "RegionBreakerOpen",
            "RegionThrottled",
            "RegionFailing",
            "ManyUnknownOutcomes");

    @TempDir
    private Path folder;

    @Test
    void amtool_accepts_the_configuration() throws Exception {
        Tools.assumeInstalled("amtool");
        assertThat(Tools.run("", "amtool", "check-config", FILE.toString()))
                .contains("SUCCESS")
                .doesNotContain("FAILED");
    }

    @ParameterizedTest
    @ValueSource(strings = {"critical", "warning", "info"})
    void each_severity_has_a_receiver_of_its_own(String severity) throws Exception {
        Tools.assumeInstalled("amtool");
        assertThat(route("severity=" + severity)).isEqualTo(severity);
    }

    @Test
    void an_alert_without_a_severity_becomes_a_ticket_and_is_not_lost() throws Exception {
        Tools.assumeInstalled("amtool");
        assertThat(route("alertname=Other")).isEqualTo("warning");
    }

    private static String route(String label) throws Exception {
        return Tools.run("", "amtool", "config", "routes", "test", "--config.file=" + FILE, label)
                .lines()
                .filter(line -> !line.startsWith("Warning"))
                .toList()
                .getLast()
                .strip();
    }

    @Test
    void the_inhibitions_name_alerts_that_exist() throws IOException {
        Set<String> named = Pattern.compile("alertname=~?\"([^\"]+)\"")
                .matcher(Files.readString(FILE))
                .results()
                .map((MatchResult found) -> found.group(1))
                .flatMap(names -> List.of(names.split("\\|")).stream())
                .collect(Collectors.toSet());
        assertThat(named)
                .containsAll(SOURCES)
                .isSubsetOf(AlertRule.all().stream().map(AlertRule::name).toList());
    }

    @ParameterizedTest
    @CsvSource({
        "NoRunner, RunnerDown RunnerRestarts VersionsDiffer RunnerWithoutDatabase RunnerWithoutRedis LockKeysBroken"
                + " JobsWaitLong CellsWaitLong JobsEndUnfinished BacklogGrows ClaimSlow ClaimsFail RegionDown"
                + " ModelFailing RetentionBehind AuditDrift ExecutionsWithoutJob ApiFails ApiRefuses RequestMemoryFull",
        "EveryRunnerRestarts, RunnerRestarts RunnerDown RunnerWithoutDatabase RunnerWithoutRedis JobsWaitLong"
                + " CellsWaitLong JobsEndUnfinished BacklogGrows",
        "DatabaseUnreachable, RunnerWithoutDatabase JobsWaitLong CellsWaitLong JobsEndUnfinished BacklogGrows ClaimSlow"
                + " ClaimsFail RetentionBehind AuditDrift ExecutionsWithoutJob ApiFails",
        "RedisUnreachable, RunnerWithoutRedis JobsWaitLong CellsWaitLong JobsEndUnfinished BacklogGrows",
        "UniqueKeyMissing, AuditDrift JobsWaitLong CellsWaitLong JobsEndUnfinished BacklogGrows ClaimsFail",
        "NoRegionAnswers, RegionDown ModelFailing JobsWaitLong CellsWaitLong JobsEndUnfinished BacklogGrows",
        "MostCellsFail, RegionDown ModelFailing JobsEndUnfinished",
        "NoProgress, JobsWaitLong CellsWaitLong JobsEndUnfinished BacklogGrows",
        "ApiDown, ApiFails",
        "RegionBreakerOpen, RegionDown CellsWaitLong",
        "RegionThrottled, CellsWaitLong",
        "RegionFailing, RegionDown",
        "ManyUnknownOutcomes, UnknownOutcomes",
    })
    void one_cause_silences_what_follows_from_it_and_nothing_else(String source, String follows) throws Exception {
        Tools.assumeInstalled("alertmanager");
        try (Alertmanager alertmanager = Alertmanager.start(folder, Files.readString(FILE))) {
            List<Map<String, String>> posted = new ArrayList<>();
            AlertRule.all().stream()
                    .filter(alert -> alert.name().equals(source) || !SOURCES.contains(alert.name()))
                    .forEach(alert -> posted.add(labels(alert, "")));
            alertmanager.post(posted);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() ->
                            assertThat(alertmanager.inhibited()).isEqualTo(new TreeSet<>(List.of(follows.split(" ")))));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "NoRunner, DatabaseUnreachable",
        "NoRunner, RedisUnreachable",
        "NoRunner, RegionBreakerOpen",
        "NoRunner, RegionThrottled",
        "NoRunner, RegionFailing",
        "NoRunner, NoRegionAnswers",
        "NoRunner, MostCellsFail",
        "NoRunner, NoProgress",
        "NoRunner, ApiDown",
        "NoRunner, EveryRunnerRestarts",
        "EveryRunnerRestarts, NoProgress",
        "DatabaseUnreachable, ApiDown",
        "DatabaseUnreachable, NoProgress",
        "RedisUnreachable, NoProgress",
        "UniqueKeyMissing, NoProgress",
        "NoRegionAnswers, MostCellsFail",
        "NoRegionAnswers, NoProgress",
        "NoRegionAnswers, RegionFailing",
        "NoRegionAnswers, RegionBreakerOpen",
        "NoRegionAnswers, RegionThrottled",
        "MostCellsFail, RegionFailing",
        "RegionBreakerOpen, RegionFailing",
    })
    void a_cause_silences_a_cause_that_follows_from_it(String source, String follows) throws Exception {
        Tools.assumeInstalled("alertmanager");
        try (Alertmanager alertmanager = Alertmanager.start(folder, Files.readString(FILE))) {
            alertmanager.post(List.of(labels(alert(source), ""), labels(alert(follows), "")));
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(alertmanager.inhibited()).isEqualTo(Set.of(follows)));
        }
    }

    @Test
    void a_region_silences_only_itself() throws Exception {
        Tools.assumeInstalled("alertmanager");
        try (Alertmanager alertmanager = Alertmanager.start(folder, Files.readString(FILE))) {
            alertmanager.post(List.of(
                    labels(alert("RegionBreakerOpen"), "us-east"),
                    labels(alert("RegionFailing"), "us-east"),
                    labels(alert("RegionFailing"), "eu-west")));
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(
                            () -> assertThat(alertmanager.inhibited()).isEqualTo(Set.of("RegionFailing us-east")));
        }
    }

    @Test
    void a_namespace_silences_only_itself() throws Exception {
        Tools.assumeInstalled("alertmanager");
        try (Alertmanager alertmanager = Alertmanager.start(folder, Files.readString(FILE))) {
            List<Map<String, String>> posted = new ArrayList<>();
            for (String name : List.of("NoRunner", "DatabaseUnreachable", "RunnerDown", "RegionThrottled")) {
                posted.add(labels(alert(name), "", "staging"));
            }
            for (String name : List.of("DatabaseUnreachable", "RunnerDown", "RegionThrottled", "NoProgress")) {
                posted.add(labels(alert(name), "", "production"));
            }
            posted.add(labels(alert("CellsWaitLong"), "us-east", "production"));
            posted.add(labels(alert("RegionThrottled"), "us-east", "staging"));
            posted.add(labels(alert("RunnerDown"), ""));
            alertmanager.post(posted);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(alertmanager.inhibited())
                            .isEqualTo(Set.of(
                                    "DatabaseUnreachable staging",
                                    "RunnerDown staging",
                                    "RegionThrottled staging",
                                    "RegionThrottled staging us-east",
                                    "NoProgress production",
                                    "CellsWaitLong production us-east")));
        }
    }

    @Test
    void alerts_of_two_namespaces_are_two_notifications() {
        Map<?, ?> route = (Map<?, ?>) ((Map<?, ?>) OpsFiles.parse(FILE)).get("route");
        assertThat(route.get("group_by")).asList().contains("namespace", "alertname", "region");
    }

    @Test
    void a_page_a_ticket_and_a_note_arrive_each_at_its_place_and_a_silenced_page_does_not() throws Exception {
        Tools.assumeInstalled("alertmanager");
        ConcurrentLinkedQueue<String> arrived = new ConcurrentLinkedQueue<>();
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            for (JsonNode alert : JsonMapper.shared().readTree(body).get("alerts")) {
                arrived.add(exchange.getRequestURI().getPath() + " "
                        + alert.at("/labels/alertname").asString());
            }
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        receiver.start();
        // The waits are shortened, and the receiver is this test; the rest is the committed configuration.
        String configuration = Files.readString(FILE)
                .replace(
                        "alert-receiver:8080",
                        "127.0.0.1:" + receiver.getAddress().getPort())
                .replaceAll("group_wait: \\w+", "group_wait: 1s");
        try (Alertmanager alertmanager = Alertmanager.start(folder, configuration)) {
            alertmanager.post(List.of(labels(alert("DatabaseUnreachable"), ""), labels(alert("NoProgress"), "")));
            await().atMost(Duration.ofSeconds(20)).until(() -> arrived.contains("/critical DatabaseUnreachable"));
            // Alerts posted now wait as long as the silenced page, which would therefore arrive before them.
            alertmanager.post(List.of(labels(alert("RunnerDown"), ""), labels(alert("UnknownOutcomes"), "us-east")));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> arrived.containsAll(List.of("/warning RunnerDown", "/info UnknownOutcomes")));
            assertThat(arrived)
                    .containsExactlyInAnyOrder(
                            "/critical DatabaseUnreachable", "/warning RunnerDown", "/info UnknownOutcomes");
        } finally {
            receiver.stop(0);
        }
    }

    private static AlertRule alert(String name) {
        return AlertRule.all().stream()
                .filter(alert -> alert.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, String> labels(AlertRule alert, String region) {
        return labels(alert, region, "");
    }

    private static Map<String, String> labels(AlertRule alert, String region, String namespace) {
        Map<String, String> labels = new TreeMap<>(alert.labels());
        labels.put("alertname", alert.name());
        if (!region.isEmpty()) {
            labels.put("region", region);
        }
        if (!namespace.isEmpty()) {
            labels.put("namespace", namespace);
        }
        return labels;
    }
}
