package io.projectbeacon.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.FileSystemUtils;

/**
 * Makes each mutation in a copy of the sources, compiles it, and demands that the test that is named for it goes red by
 * an assertion. Its name keeps it out of the build; {@code src/test/mutations/run} runs it.
 */
class MutationRun {

    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Path TABLE = Path.of("target", "mutations.md");

    /** All of them, or those that the property {@code mutation} names, with commas between them. */
    static Stream<Mutation> mutations() {
        String only = System.getProperty("mutation", "");
        List<String> names = List.of(only.split(","));
        return Mutation.all().stream().filter(mutation -> only.isEmpty() || names.contains(mutation.name()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutations")
    void without_it_the_test_that_is_named_goes_red(Mutation mutation, @TempDir Path copy) throws Exception {
        Path classes = mutated(mutation, copy);
        long begin = System.nanoTime();
        Path output = copy.resolve("output.txt");
        int verdict = run(mutation, classes, output);
        assertThat(verdict).as(Files.readString(output)).isEqualTo(SingleRun.RED);
        row(mutation, Duration.ofNanos(System.nanoTime() - begin));
    }

    /** The service's classes, migrations and pages, with those of the mutated sources in their place. */
    private static Path mutated(Mutation mutation, Path copy) throws IOException {
        Path main = copy.resolve("main");
        Path classes = copy.resolve("classes");
        FileSystemUtils.copyRecursively(Path.of("src", "main"), main);
        FileSystemUtils.copyRecursively(Path.of("target", "classes"), classes);
        mutation.edits().forEach(edit -> edit.make(main));
        // Copied as they are: the build fills in no property in migrations and pages.
        for (String folder : List.of("db", "templates")) {
            FileSystemUtils.copyRecursively(main.resolve("resources").resolve(folder), classes.resolve(folder));
        }
        List<String> sources = mutation.edits().stream()
                .filter(edit -> edit.file().endsWith(".java"))
                .map(edit -> main.resolve(edit.file()).toString())
                .distinct()
                .toList();
        if (!sources.isEmpty()) {
            compile(sources, classes);
        }
        return classes;
    }

    private static void compile(List<String> sources, Path classes) {
        List<String> arguments = new ArrayList<>(List.of(
                "-d",
                classes.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-parameters",
                "-proc:none",
                "-nowarn"));
        arguments.addAll(sources);
        int compiled = ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new));
        assertThat(compiled).as("the compiler's verdict").isZero();
    }

    private static int run(Mutation mutation, Path classes, Path output) throws Exception {
        String own = Path.of("target", "classes").toAbsolutePath().toString();
        List<String> path = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString().equals(own) ? classes.toString() : entry)
                .toList();
        assertThat(path).contains(classes.toString());
        Process test = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        String.join(File.pathSeparator, path),
                        SingleRun.class.getName(),
                        mutation.testClass(),
                        mutation.testMethod())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(test.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("it ends in time")
                    .isTrue();
            return test.exitValue();
        } finally {
            test.destroyForcibly();
        }
    }

    private static void row(Mutation mutation, Duration took) throws IOException {
        Files.writeString(
                TABLE,
                "| `%s` | %s | `%s` | %d |%n"
                        .formatted(mutation.name(), mutation.breaks(), mutation.test(), took.toSeconds()),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
