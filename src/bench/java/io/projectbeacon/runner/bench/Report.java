package io.projectbeacon.runner.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The figures and targets: printed one by one, and written to {@code target/bench} as JSON, as tables and as a chart. */
final class Report {

    private static final Path FOLDER = Path.of("target", "bench");

    /** The content of {@code results.json}. The load is the machine's, over its last minute. */
    record Results(
            Instant begun,
            int cores,
            double loadBefore,
            double loadAfter,
            String java,
            List<Measured> drains,
            List<Figure> figures,
            List<Target> targets) {}

    private final Instant begun = Instant.now();
    private final double loadBefore = load();
    private final List<Measured> drains = new ArrayList<>();
    private final List<Figure> figures = new ArrayList<>();
    private final List<Target> targets = new ArrayList<>();

    void add(Measured measured) {
        drains.add(measured);
        System.out.printf(
                Locale.ROOT,
                "  %-36s %-48s %10s /s; µs: PostgreSQL %s, own %s, Redis %s, together %s%n",
                measured.group(),
                measured.name(),
                number(measured.rate()),
                number(measured.postgres()),
                number(measured.own()),
                number(measured.redis()),
                number(measured.time()));
        write();
    }

    void add(Figure figure) {
        figures.add(figure);
        System.out.printf(
                Locale.ROOT,
                "  %-36s %-48s %10s %-7s (%s to %s, n=%d)%n",
                figure.group(),
                figure.name(),
                number(figure.median()),
                figure.unit(),
                number(figure.min()),
                number(figure.max()),
                figure.values().size());
        write();
    }

    /** Adds a ratio, or a figure, that was promised. */
    void add(Target target) {
        if (Double.isNaN(target.measured().median())) {
            return; // Of processor time, on a system that does not tell it.
        }
        targets.add(target);
        System.out.printf(
                Locale.ROOT,
                "  %-8s %-70s %12s (%s to %s), wanted %s %s%n",
                target.reached() ? "reached" : "MISSED",
                target.name(),
                number(target.measured().median()),
                number(target.measured().min()),
                number(target.measured().max()),
                target.atLeast() ? "at least" : "at most",
                number(target.wanted()));
        write();
    }

    private void write() {
        Results results = new Results(
                begun,
                Runtime.getRuntime().availableProcessors(),
                loadBefore,
                load(),
                Runtime.version().toString(),
                drains,
                figures,
                targets);
        try {
            Files.createDirectories(FOLDER);
            Files.writeString(
                    FOLDER.resolve("results.json"),
                    JsonMapper.builder()
                            .enable(SerializationFeature.INDENT_OUTPUT)
                            .build()
                            .writeValueAsString(results));
            Files.writeString(FOLDER.resolve("results.md"), Tables.of(results));
            Files.writeString(FOLDER.resolve("results.svg"), Chart.of(drains));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : "%.3g", value);
    }
}
