package io.projectbeacon.runner.bench;

/** One question that the benchmark answers. */
interface Scenario {

    /** As {@code -Dbench.only} names it. */
    String name();

    /** Measures, and puts what came out into the report. */
    void run(Report report) throws Exception;
}
