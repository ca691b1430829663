package io.projectbeacon.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.BeaconRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./beacon} in a clone, without a build, and without a Java; and the same command line in the jar. */
class LauncherTest {

    @Test
    void it_runs_out_of_a_clone_and_lists_all_commands() throws Exception {
        Process help = Launcher.start("", "", "--help");
        String printed = Launcher.read(help.getInputStream());
        assertThat(help.waitFor()).as(Launcher.read(help.getErrorStream())).isZero();
        assertThat(printed)
                .contains(
                        "submit", "plan", "jobs", "retry", "cancel", "duplicates", "sign", "completion", "BEACON_URL");
    }

    @Test
    void the_jar_has_the_same_commands_and_starts_nothing_else() throws Exception {
        Process help = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        BeaconRunner.class.getName(),
                        BeaconCommand.COMMAND,
                        "submit",
                        "--help")
                .redirectErrorStream(true)
                .start();
        assertThat(Launcher.read(help.getInputStream()))
                .startsWith("Usage: beacon submit ")
                .contains("--watch")
                .doesNotContain("Spring");
        assertThat(help.waitFor()).isZero();
    }

    @Test
    void where_nothing_is_built_or_no_java_25_is_found_one_sentence_says_so(@TempDir Path folder) throws Exception {
        Path copy = Files.copy(Path.of("beacon"), folder.resolve("beacon"));
        assertThat(ended(folder, List.of("sh", copy.toString())))
                .startsWith("beacon: nothing is built here: ")
                .hasLineCount(1);
        // The folders in which Java is looked for are those of the machine, so the word for 25 is what is changed.
        Files.writeString(copy, Files.readString(copy).replace("\"25[", "\"99["));
        assertThat(ended(folder, List.of("sh", copy.toString())))
                .startsWith("beacon: no Java 25 is found: ")
                .hasLineCount(1);
    }

    private static String ended(Path folder, List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).directory(folder.toFile()).start();
        String err = Launcher.read(process.getErrorStream());
        assertThat(process.waitFor()).isEqualTo(2);
        return err;
    }

    @Test
    void the_script_of_completion_knows_the_commands() {
        Shell.Ended ended = new Shell(Map.of()).run("completion", "bash");
        assertThat(ended.code()).isZero();
        assertThat(ended.out()).contains("complete -F _complete_beacon", "duplicates", "--include-unknown");
        assertThat(new Shell(Map.of()).run("completion", "zsh").out()).isEqualTo(ended.out());
    }
}
