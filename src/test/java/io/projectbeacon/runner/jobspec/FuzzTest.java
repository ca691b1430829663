package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.Jazzer;
import io.projectbeacon.runner.signing.CanonicalFuzzer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Jazzer looks for input that breaks a promise, led by the code that an input reaches: for some seconds in each build, for
 * ten minutes by {@code ./mvnw -Pfuzz test}. It begins from the corpus in {@code src/test/corpus}; what it has found is below
 * {@code target/fuzz}, to be copied there when it reaches more code.
 */
class FuzzTest {

    private static final int SECONDS = Integer.getInteger("fuzz.seconds", 5);
    /** Jazzer counts the seconds from before its first execution. */
    private static final int START = 5;

    private static final int LONGEST_INPUT = 4096;
    private static final Pattern LAST = Pattern.compile("#(\\d+)\\s+DONE +cov: (\\d+) ft: (\\d+) corp: (\\d+)/");

    @ParameterizedTest
    @ValueSource(classes = {ReadingFuzzer.class, NormalisingFuzzer.class, CanonicalFuzzer.class})
    void no_input_breaks_a_promise(Class<?> target) throws Exception {
        String name = target.getSimpleName();
        Path found = Files.createDirectories(Path.of("target", "fuzz", name));
        Path corpus = Path.of("src", "test", "corpus", name);
        assertThat(corpus).isNotEmptyDirectory();
        Path log = Path.of("target", "fuzz", name + ".log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+EnableDynamicAgentLoading",
                "-cp",
                System.getProperty("java.class.path"),
                Jazzer.class.getName(),
                "--target_class=" + target.getName(),
                "--instrumentation_includes=io.projectbeacon.runner.**",
                "--custom_hook_includes=io.projectbeacon.runner.**",
                "--reproducer_path=target/fuzz",
                "-artifact_prefix=target/fuzz/" + name + "-",
                "-max_total_time=" + (SECONDS + START),
                "-max_len=" + LONGEST_INPUT,
                "-timeout=60",
                "-rss_limit_mb=0",
                "-print_final_stats=1",
                found.toString(),
                corpus.toString()));
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        String said = Files.readString(log);
        assertThat(code).as(said).isZero();
        MatchResult last = LAST.matcher(said).results().findFirst().orElseThrow(() -> new AssertionError(said));
        System.out.printf(
                "Jazzer, %s: %s executions in %d s, %s edges, %s features, %s inputs kept, no crash%n",
                name, last.group(1), SECONDS, last.group(2), last.group(3), last.group(4));
        assertThat(Long.parseLong(last.group(1))).isGreaterThan(100);
    }
}
