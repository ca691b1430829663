package io.projectbeacon.runner.ops;

import static io.projectbeacon.runner.ops.KubernetesTest.list;
import static io.projectbeacon.runner.ops.KubernetesTest.manifest;
import static io.projectbeacon.runner.ops.KubernetesTest.map;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.embedded.Migrate;
import io.projectbeacon.runner.embedded.MigrateTest;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.support.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an operator relies on in {@code ops/kubernetes}: migrations, connections, keys, retention, logs, traces, dashboards. */
class KubernetesOperationTest {

    private static final Path FOLDER = Path.of("ops", "kubernetes");
    private static final Path GRAFANA = Path.of("ops", "grafana");

    /** PostgreSQL's defaults: max_connections, and of these superuser_reserved_connections. */
    private static final int CONNECTIONS = 100 - 3;

    /** For people, exporters and backups. */
    private static final int OTHERS = 10;

    /** The most that an annotation holds, where {@code kubectl apply} keeps a copy of the object. */
    private static final int ANNOTATION = 256 * 1024;

    private static Map<?, ?> spec() {
        return map(manifest("deployment.yaml"), "spec");
    }

    private static Map<?, ?> pod() {
        return map(spec(), "template", "spec");
    }

    private static Map<?, ?> container() {
        return map(list(pod(), "containers").getFirst());
    }

    private static int number(Map<?, ?> node, String field) {
        return (int) node.get(field);
    }

    private static Map<String, Object> settings() throws IOException {
        return Files.readAllLines(FOLDER.resolve("base/settings.env")).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
    }

    /** Reads the settings as the service reads its environment. */
    private static <T> T setting(String name, Class<T> type) throws IOException {
        MutablePropertySources sources = new MutablePropertySources();
        sources.addFirst(new SystemEnvironmentPropertySource("systemEnvironment", settings()));
        return new Binder(ConfigurationPropertySources.from(sources))
                .bind(name, type)
                .get();
    }

    @Test
    void the_tables_are_migrated_by_the_same_image_before_the_service_starts_and_no_probe_ends_it() {
        assertThat(list(pod(), "initContainers")).singleElement().satisfies(only -> {
            Map<?, ?> migrate = map(only);
            assertThat(migrate.get("args")).isEqualTo(List.of(Migrate.COMMAND));
            for (String same : List.of("image", "envFrom", "securityContext", "resources")) {
                assertThat(migrate.get(same))
                        .as(same)
                        .isNotNull()
                        .isEqualTo(container().get(same));
            }
            assertThat(migrate.keySet().stream().map(Object::toString))
                    .as("a probe, or a restart policy that would make it a sidecar")
                    .noneMatch(field -> field.endsWith("Probe") || field.equals("restartPolicy"));
        });
    }

    @Test
    void a_start_without_migrations_has_two_minutes_and_liveness_asks_for_nothing_outside_the_process() {
        Map<?, ?> startup = map(container(), "startupProbe");
        assertThat(number(startup, "periodSeconds") * number(startup, "failureThreshold"))
                .isGreaterThanOrEqualTo(120);
        for (String probe : List.of("startupProbe", "livenessProbe")) {
            assertThat(map(container(), probe, "httpGet").get("path")).isEqualTo("/actuator/health/liveness");
        }
    }

    @Test
    void all_replicas_in_the_midst_of_a_rollout_fit_into_the_connections_that_postgresql_has_by_default()
            throws IOException {
        int pool = setting("spring.datasource.hikari.maximum-pool-size", Integer.class);
        Map<?, ?> rollout = map(spec(), "strategy", "rollingUpdate");
        assertThat(rollout.get("maxUnavailable")).isEqualTo(0);
        assertThat(number(spec(), "minReadySeconds"))
                .as("else more than one old pod is ending at a time, each with its connections")
                .isGreaterThan(number(pod(), "terminationGracePeriodSeconds"));
        assertThat(number(spec(), "progressDeadlineSeconds")).isGreaterThan(2 * number(spec(), "minReadySeconds"));
        int ending = 1;
        int atPeak = number(map(manifest("horizontalpodautoscaler.yaml"), "spec"), "maxReplicas")
                + number(rollout, "maxSurge")
                + ending;
        assertThat(MigrateTest.CONNECTIONS)
                .as("a new pod migrates before it has a pool")
                .isLessThanOrEqualTo(pool);
        assertThat(atPeak * pool).isLessThanOrEqualTo(CONNECTIONS - OTHERS);
    }

    @Test
    void finished_jobs_are_deleted_and_logs_are_ecs_documents() throws IOException {
        assertThat(setting("beacon.retention.finished-jobs", Duration.class)).isGreaterThan(Duration.ofDays(1));
        assertThat(setting("logging.structured.format.console", String.class)).isEqualTo("ecs");
    }

    @Test
    void every_setting_of_ours_is_one_of_this_version() throws IOException {
        JsonNode metadata = JsonMapper.shared()
                .readTree(Path.of("target/classes/META-INF/spring-configuration-metadata.json")
                        .toFile());
        Set<String> known = metadata.path("properties")
                .valueStream()
                .map(property -> property.path("name")
                        .asString()
                        .replace("-", "")
                        .replace('.', '_')
                        .toUpperCase(java.util.Locale.ROOT))
                .collect(Collectors.toSet());
        assertThat(settings().keySet())
                .filteredOn(name -> name.startsWith("BEACON_"))
                .isNotEmpty()
                .allMatch(known::contains);
    }

    @Test
    void provider_keys_are_files_of_a_secret_or_variables_and_both_are_spelt_as_the_service_reads_them()
            throws IOException {
        Map<?, ?> keys = map(OpsFiles.parse(FOLDER.resolve("provider-keys.example.yaml")));
        String secret = Files.readString(FOLDER.resolve("secret.example.yaml"));
        String settings = Files.readString(FOLDER.resolve("base/settings.env"));
        Map<?, ?> volume = list(pod(), "volumes").stream()
                .map(KubernetesTest::map)
                .filter(one -> one.get("name").equals("provider-keys"))
                .findFirst()
                .orElseThrow();
        assertThat(map(volume, "secret"))
                .isEqualTo(Map.of("secretName", map(keys, "metadata").get("name"), "optional", true));
        String folder = list(container(), "volumeMounts").stream()
                .map(KubernetesTest::map)
                .filter(one -> one.get("name").equals("provider-keys"))
                .map(one -> one.get("mountPath").toString())
                .findFirst()
                .orElseThrow();
        assertThat(settings).contains("%sFILE=%s/us-east".formatted(Regions.keyVariable("us-east"), folder));
        assertThat(map(keys, "stringData").keySet().stream().map(Object::toString))
                .containsExactlyInAnyOrder("us-east", "eu-west")
                .allSatisfy(region -> assertThat(secret).contains(Regions.keyVariable(region) + ": "));
        assertThat(secret).contains("kubectl -n beacon-runner rollout restart deployment/beacon-runner");
    }

    @Test
    void traces_and_routers_in_the_cluster_are_reached() {
        assertThat(list(manifest("networkpolicy.yaml"), "spec", "egress").stream()
                        .map(KubernetesTest::map)
                        .filter(rule -> list(rule, "to").toString().contains("namespaceSelector={}"))
                        .flatMap(rule -> list(rule, "ports").stream())
                        .map(port -> (Integer) map(port).get("port")))
                .contains(4317, 4318, 8000, 8080);
    }

    @Test
    void what_is_made_for_the_operator_has_the_label_by_which_kube_prometheus_stack_finds_it() {
        for (String file : List.of("servicemonitor.yaml", "prometheusrule.yaml")) {
            assertThat(map(manifest(file), "metadata", "labels").get("release"))
                    .as(file)
                    .isEqualTo("kube-prometheus-stack");
        }
    }

    @Test
    void every_dashboard_is_a_config_map_that_grafana_s_sidecar_finds_and_kubectl_can_apply() throws Exception {
        Map<?, ?> kustomization = map(OpsFiles.parse(GRAFANA.resolve("kustomization.yaml")));
        assertThat(map(kustomization, "generatorOptions", "labels")).isEqualTo(Map.of("grafana_dashboard", "1"));
        assertThat(list(kustomization, "configMapGenerator").stream()
                        .flatMap(one -> list(map(one), "files").stream())
                        .map(file -> GRAFANA.resolve(file.toString())))
                .containsExactlyInAnyOrderElementsOf(OpsFiles.dashboards());

        Tools.assumeInstalled("kubectl");
        String built =
                Tools.run("", "kubectl", "kustomize", FOLDER.resolve("base").toString());
        List<Map<?, ?>> maps = new ArrayList<>();
        new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(built).forEach(object -> maps.add(map(object)));
        maps.removeIf(object -> !object.get("kind").equals("ConfigMap")
                || !Map.of("grafana_dashboard", "1", "app.kubernetes.io/part-of", "beacon-runner")
                        .equals(map(object, "metadata").get("labels")));
        assertThat(maps)
                .hasSameSizeAs(OpsFiles.dashboards())
                .allSatisfy(made -> assertThat(
                                JsonMapper.shared().writeValueAsString(made).length())
                        .isLessThan(ANNOTATION));
        assertThat(maps.stream()
                        .flatMap(made ->
                                Stream.of(map(made, "data").values().iterator().next())))
                .containsExactlyInAnyOrderElementsOf(OpsFiles.dashboards().stream()
                        .map(KubernetesOperationTest::text)
                        .toList());
    }

    private static Object text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void the_image_names_its_collector_and_its_share_of_the_memory_and_its_archive_is_made_with_the_same()
            throws IOException {
        List<String> options = Files.readAllLines(Path.of("Dockerfile")).stream()
                .filter(line -> line.startsWith("ENTRYPOINT"))
                .flatMap(line -> Stream.of(line.split("[\\[\\]\", ]+")))
                .filter(option -> option.startsWith("-XX:") && !option.startsWith("-XX:AOT"))
                .toList();
        assertThat(options)
                .anyMatch(option -> option.matches("-XX:\\+Use\\w+GC"))
                .anyMatch(option -> option.matches("-XX:MaxRAMPercentage=\\d+"));
        assertThat(Files.readString(Path.of("ops/image/train"))).contains(String.join(" ", options));
    }
}
