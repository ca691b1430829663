package io.projectbeacon.runner.bench;

import java.time.Duration;

/** The benchmark's size, from system properties: {@code bench.rounds}, {@code bench.warm-up}, {@code bench.seconds}, {@code bench.rows}. */
final class Settings {

    private Settings() {}

    /** How often each contender is measured, the warm-up not counted. */
    static int rounds() {
        return Integer.getInteger("bench.rounds", 6);
    }

    /** The most turns of a warm-up, which ends earlier when Java's compiler has nothing left to do. */
    static int warmUp() {
        return Integer.getInteger("bench.warm-up", 10);
    }

    /** About how long one measurement takes. */
    static Duration turn() {
        return Duration.ofSeconds(Integer.getInteger("bench.seconds", 3));
    }

    /** How many executions the largest table of the growth scenario has. */
    static int rows() {
        return Integer.getInteger("bench.rows", 1_000_000);
    }
}
