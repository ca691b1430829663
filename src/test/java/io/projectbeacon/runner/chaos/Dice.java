package io.projectbeacon.runner.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random numbers from a seed and some words: the same each time, whatever other dice have drawn. */
final class Dice {

    private static final long FACTOR = 0x9E3779B97F4A7C15L;

    private final SplittableRandom random;

    private Dice(long seed) {
        this.random = new SplittableRandom(seed);
    }

    static Dice of(long seed, Object... words) {
        long mixed = seed;
        for (Object word : words) {
            for (char c : word.toString().toCharArray()) {
                mixed = (mixed ^ c) * FACTOR;
            }
        }
        return new Dice(mixed);
    }

    /** A number from {@code least} to {@code most}, both included. */
    int between(int least, int most) {
        return random.nextInt(least, most + 1);
    }

    /** True with this probability, from 0 to 1. */
    boolean in(double share) {
        return random.nextDouble() < share;
    }

    double share() {
        return random.nextDouble();
    }

    <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    <T> List<T> shuffled(List<T> items) {
        List<T> rest = new ArrayList<>(items);
        List<T> shuffled = new ArrayList<>();
        while (!rest.isEmpty()) {
            shuffled.add(rest.remove(random.nextInt(rest.size())));
        }
        return shuffled;
    }
}
