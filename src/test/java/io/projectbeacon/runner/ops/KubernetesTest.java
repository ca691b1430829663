package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.inference.InferenceProperties;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.DurationStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** {@code ops/kubernetes} fits the published schemas, the image and the service. */
class KubernetesTest {

    private static final Path FOLDER = Path.of("ops", "kubernetes");
    private static final Path BASE = FOLDER.resolve("base");
    private static final List<Path> SECRETS = List.of(
            FOLDER.resolve("secret.example.yaml"),
            FOLDER.resolve("api-keys.example.yaml"),
            FOLDER.resolve("provider-keys.example.yaml"));
    private static final String DASHBOARDS = "../../grafana";

    static Stream<Path> manifests() throws IOException {
        try (Stream<Path> files = Files.list(BASE)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".yaml"))
                    .filter(file -> !file.endsWith("kustomization.yaml"))
                    .sorted()
                    .toList();
            return Stream.concat(found.stream(), SECRETS.stream());
        }
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void every_manifest_is_what_the_published_schema_of_its_kind_says(Path file) throws IOException {
        KubernetesSchema.check(map(OpsFiles.parse(file)));
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void the_schemas_refuse_a_field_that_they_do_not_know(Path file) {
        Map<Object, Object> manifest = new HashMap<>(map(OpsFiles.parse(file)));
        Object part = manifest.getOrDefault("spec", manifest.get("metadata"));
        Map<Object, Object> misspelt = new HashMap<>(map(part));
        misspelt.put("replicaz", 2);
        manifest.put(manifest.containsKey("spec") ? "spec" : "metadata", misspelt);
        assertThatThrownBy(() -> KubernetesSchema.check(manifest)).hasMessageContaining("replicaz");
    }

    @Test
    void kustomize_builds_the_base_from_all_of_its_files_and_what_it_makes_is_valid() throws Exception {
        List<?> named = list(map(OpsFiles.parse(BASE.resolve("kustomization.yaml"))), "resources");
        assertThat(manifests()
                        .filter(file -> !SECRETS.contains(file))
                        .map(file -> file.getFileName().toString()))
                .containsExactlyInAnyOrderElementsOf(named.stream()
                        .map(Object::toString)
                        .filter(file -> !file.equals(DASHBOARDS))
                        .toList());

        Tools.assumeInstalled("kubectl");
        String built = Tools.run("", "kubectl", "kustomize", BASE.toString());
        Iterable<Object> documents = new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(built);
        List<? extends Map<?, ?>> objects = StreamSupport.stream(documents.spliterator(), false)
                .map(KubernetesTest::map)
                .toList();
        assertThat(objects)
                .hasSize(named.size() + OpsFiles.dashboards().size())
                .allSatisfy(object ->
                        assertThatCode(() -> KubernetesSchema.check(object)).doesNotThrowAnyException());
        String settings = objects.stream()
                .filter(object -> object.get("kind").equals("ConfigMap")
                        && map(object, "data").containsKey("SPRING_DATASOURCE_URL"))
                .map(object -> map(object, "metadata").get("name").toString())
                .findFirst()
                .orElseThrow();
        assertThat(built).contains("configMapRef:\n            name: " + settings);
    }

    @Test
    void the_pod_runs_as_the_image_s_user_and_may_do_nothing_that_the_restricted_level_forbids() throws IOException {
        Matcher user = Pattern.compile("(?m)^USER (\\d+):(\\d+)$").matcher(Files.readString(Path.of("Dockerfile")));
        assertThat(user.find()).isTrue();
        Map<?, ?> pod = map(pod(), "securityContext");
        assertThat(pod.get("runAsUser")).hasToString(user.group(1));
        assertThat(pod.get("runAsGroup")).hasToString(user.group(2));
        assertThat(pod.get("runAsNonRoot")).isEqualTo(true);
        assertThat(pod.get("seccompProfile")).isEqualTo(Map.of("type", "RuntimeDefault"));
        assertThat(pod().get("automountServiceAccountToken")).isEqualTo(false);
        Map<?, ?> container = map(container(), "securityContext");
        assertThat(container.get("allowPrivilegeEscalation")).isEqualTo(false);
        assertThat(container.get("readOnlyRootFilesystem")).isEqualTo(true);
        assertThat(container.get("capabilities")).isEqualTo(Map.of("drop", List.of("ALL")));
    }

    @Test
    void a_pod_is_given_more_time_to_end_than_the_service_may_take() {
        int preStop = (int) map(container(), "lifecycle", "preStop", "sleep").get("seconds");
        assertThat(Duration.ofSeconds((int) pod().get("terminationGracePeriodSeconds")))
                .isGreaterThan(longestStop().plusSeconds(preStop));
    }

    @Test
    void compose_gives_the_service_more_time_to_end_than_it_may_take() {
        Map<?, ?> services = map(OpsFiles.parse(Path.of("docker-compose.yml")), "services");
        List<String> runners = services.keySet().stream()
                .map(Object::toString)
                .filter(name -> name.startsWith("beacon-"))
                .toList();
        assertThat(runners).hasSize(2).allSatisfy(name -> {
            Object grace = map(services, name).get("stop_grace_period");
            assertThat(DurationStyle.detectAndParse(grace.toString())).isGreaterThan(longestStop());
        });
    }

    /** What the service itself may take by its defaults: calls under way, interrupted ones, open requests. */
    private static Duration longestStop() {
        Map<?, ?> settings = map(OpsFiles.parse(Path.of("src/main/resources/application.yml")));
        Object phase = map(settings, "spring", "lifecycle").get("timeout-per-shutdown-phase");
        Duration call = new Binder(new MapConfigurationPropertySource())
                .bindOrCreate("beacon.inference", InferenceProperties.class)
                .callTimeout();
        Duration interruption = Duration.ofSeconds(5);
        return call.plus(interruption).plus(DurationStyle.detectAndParse(phase.toString()));
    }

    @Test
    void what_is_probed_scraped_and_scaled_on_is_there() {
        List<?> endpoints = list(manifest("servicemonitor.yaml"), "spec", "endpoints");
        List<?> metrics = list(manifest("horizontalpodautoscaler.yaml"), "spec", "metrics");
        String metric =
                map(metrics.getFirst(), "external", "metric").get("name").toString();
        try (RunnerApp app = RunnerApp.fresh()) {
            for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                assertThat(app.get(path(map(container(), probe, "httpGet"))).status())
                        .as(probe)
                        .isEqualTo(200);
            }
            assertThat(app.get(path(map(endpoints.getFirst()))).response().body())
                    .contains("\n" + metric + " ", "\nbeacon_cells_waiting{");
        }
        Map<?, ?> adapter = map(OpsFiles.parse(FOLDER.resolve("prometheus-adapter-values.yaml")));
        assertThat(list(adapter, "rules", "external")).singleElement().satisfies(rule -> {
            assertThat(map(rule, "name").get("as")).isEqualTo(metric);
            assertThat(map(rule).get("seriesQuery").toString()).startsWith(metric + "{");
            assertThat(map(rule).get("metricsQuery").toString())
                    .as("what replicas hold and have not begun is added, over all of them")
                    .startsWith("max(<<.Series>>{")
                    .contains(" + (sum(beacon_cells_waiting{");
        });
    }

    @Test
    void every_selector_finds_the_pods_and_every_port_name_is_one_of_theirs() throws IOException {
        Map<?, ?> labels = map(manifest("deployment.yaml"), "spec", "template", "metadata", "labels");
        Map<?, ?> service = map(manifest("service.yaml"), "spec");
        assertThat(labels)
                .isEqualTo(map(manifest("deployment.yaml"), "spec", "selector", "matchLabels"))
                .isEqualTo(map(manifest("poddisruptionbudget.yaml"), "spec", "selector", "matchLabels"))
                .isEqualTo(map(manifest("networkpolicy.yaml"), "spec", "podSelector", "matchLabels"))
                .isEqualTo(service.get("selector"));
        assertThat(map(manifest("servicemonitor.yaml"), "spec", "selector", "matchLabels"))
                .isEqualTo(map(manifest("service.yaml"), "metadata", "labels"));
        Map<?, ?> target = map(manifest("horizontalpodautoscaler.yaml"), "spec", "scaleTargetRef");
        assertThat(target.get("name"))
                .isEqualTo(map(manifest("deployment.yaml"), "metadata").get("name"));

        Map<?, ?> port = map(list(container(), "ports").getFirst());
        Map<?, ?> servicePort = map(list(service, "ports").getFirst());
        assertThat(servicePort.get("targetPort")).isEqualTo(port.get("name"));
        assertThat(map(list(manifest("servicemonitor.yaml"), "spec", "endpoints")
                                .getFirst())
                        .get("port"))
                .isEqualTo(servicePort.get("name"));
        assertThat(Files.readString(Path.of("Dockerfile"))).contains("EXPOSE " + port.get("containerPort"));
        assertThat(list(manifest("networkpolicy.yaml"), "spec", "ingress").toString())
                .contains("port=" + port.get("containerPort"));
    }

    @Test
    void the_operator_is_given_the_rules_that_prometheus_is_given() {
        List<Object> groups = new ArrayList<>();
        OpsFiles.rules().forEach(file -> groups.addAll(list(map(OpsFiles.parse(file)), "groups")));
        assertThat(groups).isNotEmpty();
        assertThat(list(manifest("prometheusrule.yaml"), "spec", "groups"))
                .as("to be written anew by ops/kubernetes/generate")
                .isEqualTo(groups);
    }

    private static String path(Map<?, ?> endpoint) {
        return endpoint.get("path").toString();
    }

    private static Map<?, ?> pod() {
        return map(manifest("deployment.yaml"), "spec", "template", "spec");
    }

    private static Map<?, ?> container() {
        return map(list(pod(), "containers").getFirst());
    }

    static Map<?, ?> manifest(String file) {
        return map(OpsFiles.parse(BASE.resolve(file)));
    }

    static Map<?, ?> map(Object node, String... path) {
        Object found = node;
        for (String step : path) {
            found = ((Map<?, ?>) found).get(step);
        }
        return (Map<?, ?>) found;
    }

    static List<?> list(Map<?, ?> node, String... path) {
        Map<?, ?> parent = map(node, List.of(path).subList(0, path.length - 1).toArray(String[]::new));
        return (List<?>) parent.get(path[path.length - 1]);
    }
}
