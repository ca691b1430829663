package io.projectbeacon.runner.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.BeaconRunner;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command of the jar that draws a key. */
class NewKeyTest {

    private record Ended(int code, List<String> lines) {}

    @Test
    void it_prints_a_key_and_the_line_that_puts_it_into_force_and_starts_nothing(@TempDir Path folder)
            throws Exception {
        Ended ended = run(folder, "new-key", "--caller=acme", "--roles=metrics,submitter");

        assertThat(ended.code).isZero();
        assertThat(ended.lines).hasSize(4);
        String key = ended.lines.get(1).strip();
        assertThat(ApiKey.isKey(key)).isTrue();
        assertThat(key.substring(3)).as("192 bits in base64").hasSize(32);
        assertThat(ApiKey.parse(List.of(ended.lines.get(3))))
                .containsExactly(
                        new ApiKey(new Caller("acme", Set.of(Role.SUBMITTER, Role.METRICS)), ApiKey.hash(key)));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void two_keys_are_never_the_same() {
        assertThat(Keys.draw("a", "viewer").secret())
                .isNotEqualTo(Keys.draw("a", "viewer").secret());
    }

    @Test
    void arguments_that_it_does_not_understand_end_with_a_line_that_says_how(@TempDir Path folder) throws Exception {
        for (List<String> arguments : List.of(
                List.of("new-key"),
                List.of("new-key", "--caller=acme", "--roles=admin"),
                List.of("new-key", "--caller=a/b", "--roles=viewer"),
                List.of("new-key", "--caller=acme", "--roles=viewer", "--typo=1"))) {
            Ended ended = run(folder, arguments.toArray(String[]::new));
            assertThat(ended.code).isEqualTo(2);
            assertThat(ended.lines).singleElement().asString().startsWith("Usage: new-key --caller=");
        }
    }

    private static Ended run(Path folder, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                BeaconRunner.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Ended(process.waitFor(), output.lines().toList());
    }
}
