package io.projectbeacon.runner.bench;

/** One question that the benchmark answers. */
interface Scenario {

    /** The name of the scenario in {@code -Dbench.only}. */
    String name();

    /** Measures, and adds the figures to the report. */
    void run(Report report) throws Exception;
}
