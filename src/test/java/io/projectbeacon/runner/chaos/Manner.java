package io.projectbeacon.runner.chaos;

import java.util.List;

/**
 * How the provider treats one request. It comes from the seed, the call's key, and how often that key has been seen.
 *
 * @param generation how the model ends the call, if this request begins it
 * @param modelMs milliseconds that the model takes
 * @param frontMs milliseconds until a front replies that does not wait for the model
 * @param waitHeader the header by which a refusal says how long to wait; empty when it does not
 */
record Manner(Front front, Generation generation, int modelMs, int frontMs, String waitHeader) {

    private static final List<String> WAITS =
            List.of("", "Retry-After: 1\r\n", "Retry-After: 0.5\r\n", "retry-after-ms: 300\r\n");

    static Manner of(long seed, Key key, int seenBefore) {
        Dice dice = Dice.of(seed, "manner", key.withoutTag(), seenBefore);
        boolean calm = key.cell().job().startsWith(Setup.CALM);
        Front front = Front.of(dice);
        Generation generation = Generation.of(dice);
        int modelMs = front.isEarly() ? dice.between(50, calm ? 1200 : 4000) : latency(dice, calm);
        int frontMs = front.isEarly() ? (int) (modelMs * dice.share() * 0.8) : dice.between(1, 30);
        String waitHeader = front == Front.THROTTLED || dice.in(0.3) ? dice.one(WAITS) : "";
        return new Manner(front, generation, modelMs, frontMs, waitHeader);
    }

    private static int latency(Dice dice, boolean calm) {
        int timeout = (int) Setup.CALL_TIMEOUT.toMillis();
        if (dice.in(0.03)) {
            return calm ? dice.between(1000, timeout - 500) : dice.between(timeout + 300, timeout + 3000);
        }
        if (dice.in(0.15)) {
            return calm ? dice.between(200, 600) : dice.between(700, timeout - 300);
        }
        return dice.between(10, calm ? 120 : 500);
    }
}
