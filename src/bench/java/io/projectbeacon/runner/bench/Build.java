package io.projectbeacon.runner.bench;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The service as it was built from some commit.
 *
 * @param name by which the report tells it from the others
 */
record Build(String name, Path directory) {

    /** What {@code src/bench/baseline} and the profile write: the jars that the service runs with. */
    private static final Path JARS = Path.of("target", "bench.classpath");

    static Build today() {
        return new Build("Beacon Runner", Path.of(""));
    }

    /** The builds that {@code bench.baseline} names, the one that the targets are compared with first. */
    static List<Build> baselines() {
        List<Build> all = new ArrayList<>();
        for (String directory : System.getProperty("bench.baseline", "").split(",")) {
            if (!directory.isBlank()) {
                Path path = Path.of(directory.strip());
                all.add(new Build("Beacon Runner at " + path.getFileName(), path));
            }
        }
        return all;
    }

    /** Today's, and the baseline that it must not be worse than, if there is one. */
    static List<Build> pair() {
        return all().subList(0, Math.min(2, all().size()));
    }

    /** Today's, and the baselines after it. */
    static List<Build> all() {
        List<Build> all = new ArrayList<>(List.of(today()));
        all.addAll(baselines());
        return all;
    }

    /** The same way for all builds: their classes, what they run with, and the host, which is today's. */
    String classpath() {
        Path classes = directory.resolve(Path.of("target", "classes"));
        Path jars = directory.resolve(JARS);
        if (!Files.isDirectory(classes) || !Files.isRegularFile(jars)) {
            throw new IllegalStateException(
                    directory.toAbsolutePath() + " is not built; src/bench/baseline <commit> builds a baseline");
        }
        try {
            return String.join(
                    File.pathSeparator,
                    classes.toString(),
                    Files.readString(jars).strip(),
                    host().toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A folder with nothing but the host's class, so that no test's class or resource is beside the service's. */
    private static Path host() throws IOException {
        Path folder = Path.of("target", "bench", "host");
        String file = ServiceHost.class.getName().replace('.', '/') + ".class";
        Path copy = folder.resolve(file);
        Files.createDirectories(Objects.requireNonNull(copy.getParent()));
        try (InputStream original =
                Objects.requireNonNull(ServiceHost.class.getClassLoader().getResourceAsStream(file))) {
            Files.write(copy, original.readAllBytes());
        }
        return folder;
    }
}
