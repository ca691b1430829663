package io.projectbeacon.runner.bench;

import java.util.List;

/** Runs all scenarios, or the ones that are named: {@code ./mvnw -Pbench verify -Dbench.only=drain,overhead}. */
public final class Benchmark {

    private Benchmark() {}

    /** @param arguments names of scenarios, separated by commas; none, or {@code all}, for every one */
    public static void main(String[] arguments) throws Exception {
        List<String> only = arguments.length == 0 ? List.of("all") : List.of(arguments[0].split(","));
        List<Scenario> scenarios = List.of(
                new Drain(), new Overhead(), new InFlight(), new Submissions(), new EndToEnd(), new Growth());
        Report report = new Report();
        for (Scenario scenario : scenarios) {
            if (only.contains("all") || only.contains(scenario.name())) {
                System.out.println("Benchmark: " + scenario.name());
                scenario.run(report);
            }
        }
        System.out.println("Benchmark: written to target/bench");
        System.exit(0); // The peers leave threads behind.
    }
}
