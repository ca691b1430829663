package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.security.Keys.Key;
import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Keys in a mounted file, which change while the service runs. */
@ExtendWith(OutputCaptureExtension.class)
class KeysFileTest {

    private static final Duration SOON = Duration.ofSeconds(2);

    private final Key operator = Keys.draw("operations", "operator");
    private final Key acme = Keys.draw("acme", "submitter");
    private final Key other = Keys.draw("other", "viewer");

    private Path file;
    private RunnerApp app;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        file = Files.writeString(folder.resolve("keys"), acme.line() + "\n");
        app = RunnerApp.fresh(
                "--beacon.security.api-keys=" + operator.line(), "--beacon.security.api-keys-file=" + file);
    }

    @AfterEach
    void stop() {
        app.close();
    }

    @Test
    void a_key_that_is_added_passes_and_one_that_is_taken_out_is_refused_without_a_restart() throws IOException {
        assertThat(status(acme)).isEqualTo(200);
        assertThat(status(other)).isEqualTo(401);

        replace("# both\n" + acme.line() + "\n" + other.line() + "\n");
        soon(() -> status(other) == 200);
        assertThat(status(acme)).isEqualTo(200);

        replace(other.line() + "\n");
        soon(() -> status(acme) == 401);
        assertThat(status(other)).isEqualTo(200);

        replace("# none\n");
        soon(() -> status(other) == 401);
        assertThat(status(operator)).as("a key of the settings").isEqualTo(200);
    }

    @Test
    void a_file_that_is_swapped_as_kubernetes_swaps_a_secret_is_read(@TempDir Path mount) throws IOException {
        Path before = Files.createDirectory(mount.resolve("before"));
        Path after = Files.createDirectory(mount.resolve("after"));
        Files.writeString(before.resolve("keys"), acme.line());
        Files.writeString(after.resolve("keys"), other.line());
        Path data = Files.createSymbolicLink(mount.resolve("data"), before);
        Files.delete(file);
        Files.createSymbolicLink(file, data.resolve("keys"));
        soon(() -> status(acme) == 200);

        Path next = Files.createSymbolicLink(mount.resolve("next"), after);
        Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);
        soon(() -> status(other) == 200 && status(acme) == 401);
    }

    @Test
    void a_broken_file_keeps_the_last_keys_is_logged_once_and_shown_to_operators(CapturedOutput output)
            throws IOException {
        for (String broken :
                List.of(acme.line() + "\nacme submitter bk_notahash\n", "", "{\"keys\": [", "\u0000\u0001")) {
            replace(broken);
            soon(() -> health().contains("DEGRADED"));
            assertThat(status(acme)).isEqualTo(200);
            assertThat(Wire.to(app).get("/actuator/health/readiness").status()).isEqualTo(200);

            replace(acme.line());
            soon(() -> !health().contains("DEGRADED"));
        }
        Files.delete(file);
        soon(() -> health().contains("NoSuchFile"));
        assertThat(status(acme)).isEqualTo(200);

        assertThat(output.getAll().lines().filter(line -> line.contains("the last ones stay in force")))
                .hasSize(5);
        assertThat(output).doesNotContain("bk_notahash");
    }

    private void replace(String content) throws IOException {
        Files.move(Files.writeString(file.resolveSibling("next"), content), file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void soon(Callable<Boolean> condition) {
        await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(condition);
    }

    private int status(Key key) {
        return Wire.to(app).get("/api/v1/jobs", key.header()).status();
    }

    private String health() {
        return Wire.to(app).get("/actuator/health", operator.header()).body();
    }
}
