package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.ApiDocument;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The description of the API names each route, and no other. The forms of the answers are held by every test that asks. */
class OpenApiTest {

    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

    private static final Path SPECTRAL = Path.of("target", "spectral");
    private static final String LINTER = "@stoplight/spectral-cli@6.15.0";

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void it_has_every_route_and_no_other() {
        Set<String> described = new TreeSet<>();
        ApiDocument.paths()
                .properties()
                .forEach(path -> path.getValue().propertyNames().stream()
                        .filter(METHODS::contains)
                        .forEach(method -> described.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));
        assertThat(described)
                .containsExactlyInAnyOrderElementsOf(app.routes().stream()
                        .filter(route -> !route.contains(" /actuator"))
                        .toList());
    }

    @Test
    void a_client_in_plain_python_runs_a_job_and_names_the_faults_of_another(@TempDir Path directory) throws Exception {
        Tools.assumeInstalled("python3");
        Path job = Files.writeString(
                directory.resolve("job.json"), "{\"models\": [\"a\", \"b\", \"a\"], \"regions\": [\"us-east\"]}");
        assertThat(python(job))
                .contains("us-east  a  completed", "us-east  b  completed", "is completed; 1 duplicates were stopped");
        Path broken = Files.writeString(directory.resolve("broken.json"), "{\"models\": [1], \"regions\": []}");
        assertThat(python(broken)).startsWith("422: ").contains("/models/0: ", "/regions: ");
    }

    private static String python(Path job) throws Exception {
        return Tools.run("", "env", "BEACON_URL=" + app.base(), "python3", "docs/client.py", job.toString());
    }

    @Test
    void spectral_finds_nothing_to_say_about_it() throws Exception {
        Tools.assumeInstalled("npm");
        if (!Files.exists(SPECTRAL.resolve("node_modules"))) {
            Files.createDirectories(SPECTRAL);
            String said = Tools.run(
                    "",
                    "npm",
                    "install",
                    "--silent",
                    "--no-audit",
                    "--no-fund",
                    "--prefix",
                    SPECTRAL.toString(),
                    LINTER);
            Assumptions.assumeTrue(
                    Files.exists(SPECTRAL.resolve("node_modules")), () -> "npm cannot install " + LINTER + ": " + said);
        }
        Path rules = Files.writeString(SPECTRAL.resolve("rules.yaml"), "extends: [\"spectral:oas\"]\n");
        assertThat(Tools.run(
                        "",
                        SPECTRAL.resolve("node_modules/.bin/spectral").toString(),
                        "lint",
                        "--fail-severity=hint",
                        "--ruleset",
                        rules.toString(),
                        "src/main/resources/openapi.yaml"))
                .contains("No results with a severity of 'hint' or higher found!");
    }

    @Test
    void it_is_served_as_json() {
        RunnerApp.Reply answer = app.get("/openapi.json");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.json().path("openapi").asString()).isEqualTo("3.1.0");
        assertThat(answer.json().path("paths")).isEqualTo(ApiDocument.paths());
    }
}
