package io.projectbeacon.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./beacon demo crash}, as a user runs it: whatever is set in the environment, and wherever it is started. */
class DemoCrashTest {

    private static final Pattern DIRECTORY = Pattern.compile("all of it in (\\S+),");

    @Test
    void a_runner_is_killed_and_each_cell_was_called_once_and_nothing_is_left(@TempDir Path elsewhere)
            throws Exception {
        ProcessBuilder command = new ProcessBuilder(
                        Path.of("beacon").toAbsolutePath().toString(), "demo", "crash")
                .directory(elsewhere.toFile());
        // What would lead a service to a database of the user's.
        command.environment()
                .putAll(Map.of(
                        "SPRING_DATASOURCE_URL", "jdbc:postgresql://127.0.0.1:1/theirs",
                        "SPRING_DATASOURCE_USERNAME", "theirs",
                        "BEACON_WORKER_ENABLED", "false"));
        Files.writeString(elsewhere.resolve("application.yml"), "beacon.worker.enabled: false");

        Process demo = command.start();
        String printed = Launcher.read(demo.getInputStream());
        assertThat(demo.waitFor(120, TimeUnit.SECONDS)).isTrue();

        assertThat(demo.exitValue())
                .as(printed + Launcher.read(demo.getErrorStream()))
                .isZero();
        assertThat(printed)
                .contains("kill -9 ", " is dead, in the middle of its calls.")
                .contains(
                        "12 cells, 12 calls: each cell was called once. Answers stored: 8; under way at the kill, and named unknown: 4.")
                .contains("The ledger: 4 duplicates stopped before a call")
                .contains("from runner-a", "from runner-b")
                .doesNotContain("wrong");
        Matcher directory = DIRECTORY.matcher(printed);
        assertThat(directory.find()).isTrue();
        assertThat(Path.of(directory.group(1))).doesNotExist();
        try (var left = Files.list(elsewhere)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void where_there_is_no_clone_one_sentence_says_what_to_do() {
        Shell.Ended ended = new Shell(Map.of()).run("demo", "crash");
        assertThat(ended.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(ended.err()).contains("run ./beacon demo crash in a clone").hasLineCount(1);
        assertThat(new Shell(Map.of()).run("demo").code()).isEqualTo(ExitCode.REFUSED);
    }
}
