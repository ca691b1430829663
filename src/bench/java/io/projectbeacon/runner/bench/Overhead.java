package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What claim and completion add to one execution: its whole time less the provider's, so waking up after the call and
 * waiting for a core are in it.
 */
final class Overhead implements Scenario {

    private static final Duration LATENCY = Duration.ofSeconds(2);
    private static final List<Integer> IN_FLIGHT = List.of(100, 1_000, 10_000);
    private static final int MOST_A_SECOND = 20_000;

    @Override
    public String name() {
        return "overhead";
    }

    @Override
    public void run(Report report) throws Exception {
        alone(report);
        try (RunnerApp app = apiOnly("--beacon.inference.simulated.latency=" + LATENCY.toMillis() + "ms")) {
            Map<Integer, List<Cells.Took>> rounds = new LinkedHashMap<>();
            for (int round = 0; round < Settings.rounds(); round++) {
                for (int inFlight : IN_FLIGHT) {
                    Cells cells = new Cells(app, inFlight * (int) (4 + Settings.turn().toSeconds()));
                    rounds.computeIfAbsent(inFlight, n -> new ArrayList<>())
                            .add(cells.run(inFlight, LATENCY, Settings.turn(), 0));
                }
            }
            for (int inFlight : IN_FLIGHT) {
                String name = "%,d in flight on a 2 s provider".formatted(inFlight);
                double p99 = add(report, name, rounds.get(inFlight));
                if (inFlight == 10_000) {
                    report.add(new Target("overhead, 10,000 in flight: p99, ms", p99, false, 20));
                }
            }
        }
    }

    private static void alone(Report report) throws Exception {
        try (RunnerApp app = apiOnly()) {
            Cells cells = new Cells(app, MOST_A_SECOND * (int) Settings.turn().toSeconds() * (Settings.rounds() + 1));
            cells.run(1, Duration.ZERO, Settings.turn(), 0); // Warm-up.
            List<Cells.Took> rounds = new ArrayList<>();
            for (int round = 0; round < Settings.rounds(); round++) {
                rounds.add(cells.run(1, Duration.ZERO, Settings.turn(), 0));
            }
            add(report, "one execution alone", rounds);
            double p50 = rounds.stream().mapToDouble(took -> took.quantile(0.5)).sorted().toArray()[rounds.size() / 2];
            report.add(new Target("overhead, alone: p50, ms", p50, false, 1));
        }
    }

    /** Returns the median of the rounds' p99. */
    private static double add(Report report, String name, List<Cells.Took> rounds) {
        report.add(figure(name + ", p50", rounds, 0.5));
        Figure p99 = figure(name + ", p99", rounds, 0.99);
        report.add(p99);
        int unchecked = rounds.stream().mapToInt(Cells.Took::unchecked).sum();
        if (unchecked > 0) {
            System.out.println("  (of these, " + unchecked + " cells were not let through: the check took too long)");
        }
        return p99.median();
    }

    private static Figure figure(String name, List<Cells.Took> rounds, double share) {
        return new Figure(
                "overhead",
                name,
                "ms",
                rounds.stream().map(took -> took.quantile(share)).toList());
    }

    /** A runner that takes nothing from the queue. */
    static RunnerApp apiOnly(String... more) {
        List<String> properties = new ArrayList<>(List.of(more));
        properties.add("--beacon.worker.enabled=false");
        return Runner.start(
                TestServers.newDatabase(), TestServers.newRedisUrl(), properties.toArray(String[]::new));
    }
}
