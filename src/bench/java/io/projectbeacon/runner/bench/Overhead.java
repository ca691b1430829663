package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The time that claim and completion add to one execution: its whole time less the provider's, so it includes waking up
 * after the call and waiting for a core.
 */
final class Overhead implements Scenario {

    private static final Duration LATENCY = Duration.ofSeconds(2);
    private static final int MOST = 10_000;
    private static final List<Integer> IN_FLIGHT = List.of(100, 1_000, MOST);

    @Override
    public String name() {
        return "overhead";
    }

    @Override
    public void run(Report report) throws Exception {
        List<Cells.Took> alone = new ArrayList<>();
        try (RunnerApp app = apiOnly()) {
            Cells cells = new Cells(app, Settings.turn().multipliedBy(Settings.rounds() + 1));
            cells.run(1, Duration.ZERO, Settings.turn(), 0); // Warm-up.
            for (int round = 0; round < Settings.rounds(); round++) {
                alone.add(cells.run(1, Duration.ZERO, Settings.turn(), 0));
            }
        }
        add(report, "one execution alone", alone);
        report.add(new Target("overhead, alone: p50, ms", figure("", alone, 0.5).median(), false, 1));

        Map<Integer, List<Cells.Took>> rounds = new LinkedHashMap<>();
        try (RunnerApp app = apiOnly("--beacon.inference.simulated.latency=" + LATENCY.toMillis() + "ms")) {
            for (int round = 0; round < Settings.rounds(); round++) {
                for (int inFlight : IN_FLIGHT) {
                    Cells cells = new Cells(app, Settings.turn().plus(LATENCY.multipliedBy(3)));
                    rounds.computeIfAbsent(inFlight, n -> new ArrayList<>())
                            .add(cells.run(inFlight, LATENCY, Settings.turn(), 0));
                }
            }
        }
        rounds.forEach((inFlight, took) -> add(report, "%,d in flight on a 2 s provider".formatted(inFlight), took));
        double p99 = figure("", rounds.get(MOST), 0.99).median();
        report.add(new Target("overhead, %,d in flight: p99, ms".formatted(MOST), p99, false, 20));
    }

    private static void add(Report report, String name, List<Cells.Took> rounds) {
        report.add(figure(name + ", p50", rounds, 0.5));
        report.add(figure(name + ", p99", rounds, 0.99));
        int unchecked = rounds.stream().mapToInt(Cells.Took::unchecked).sum();
        if (unchecked > 0) {
            System.out.println("  (of these, " + unchecked + " cells were not let through: the check took too long)");
        }
    }

    private static Figure figure(String name, List<Cells.Took> rounds, double share) {
        return new Figure(
                "overhead",
                name,
                "ms",
                rounds.stream().map(took -> took.quantile(share)).toList());
    }

    /** A runner that starts no job. */
    static RunnerApp apiOnly(String... more) {
        List<String> properties = new ArrayList<>(List.of(more));
        properties.add("--beacon.worker.enabled=false");
        return ServiceUnderTest.start(
                TestServers.newDatabase(), TestServers.newRedisUrl(), properties.toArray(String[]::new));
    }
}
