package io.projectbeacon.runner.bench;

import java.util.List;

/** Runs all scenarios, or the ones that are named: {@code ./mvnw -Pbench verify -Dbench.only=drain,overhead}. */
public final class Benchmark {

    private static final List<Scenario> SCENARIOS = List.of(
            new Drain(), new Overhead(), new InFlight(), new Submissions(), new EndToEnd(), new Pages(), new Growth());

    private Benchmark() {}

    /** @param arguments names of scenarios, separated by commas, or {@code all} */
    public static void main(String[] arguments) {
        List<String> names = SCENARIOS.stream().map(Scenario::name).toList();
        List<String> only = arguments[0].equals("all") ? names : List.of(arguments[0].split(","));
        if (!names.containsAll(only)) {
            throw new IllegalArgumentException("bench.only=" + arguments[0] + ", but the scenarios are " + names);
        }
        if (!ProcessorTime.known()) {
            System.out.println("Benchmark: processor time is left out, since this system has no /proc to read it from");
        }
        Report report = new Report();
        boolean broken = false;
        for (Scenario scenario : SCENARIOS) {
            if (only.contains(scenario.name())) {
                System.out.println("Benchmark: " + scenario.name());
                broken |= !runs(scenario, report);
            }
        }
        System.out.println("Benchmark: written to target/bench");
        System.exit(broken ? 1 : 0); // The peers leave threads behind.
    }

    /** Returns false when the scenario breaks, so that the others still run and keep their figures. */
    private static boolean runs(Scenario scenario, Report report) {
        try {
            scenario.run(report);
            return true;
        } catch (Exception e) {
            e.printStackTrace();
            return false;
        }
    }
}
