package io.projectbeacon.runner.chaos;

/**
 * How the provider treats one call. It comes from the seed, the call's key, and how often that key has been seen.
 *
 * @param latencyMs milliseconds from the request to the reply, or to the connection's close
 */
record Manner(Kind kind, int latencyMs) {

    enum Kind {
        ANSWER(200, true),
        /** The model runs, and the connection is closed instead of an answer. */
        LOST(0, true),
        /** The model runs, and the answer breaks off in the middle. */
        TRUNCATED(200, true),
        /** The connection is closed before the model runs. */
        DROPPED(0, false),
        BUSY(503, false),
        THROTTLED(429, false),
        REFUSED(400, false);

        private final int status;
        private final boolean ran;

        Kind(int status, boolean ran) {
            this.status = status;
            this.ran = ran;
        }

        int status() {
            return status;
        }

        /** Whether the model runs, and the call is paid for. */
        boolean ran() {
            return ran;
        }

        /** Whether a client that stays connected learns how the call ended. */
        boolean told() {
            return this != LOST && this != TRUNCATED && this != DROPPED;
        }
    }

    static Manner of(long seed, String key, int seenBefore) {
        Dice dice = Dice.of(seed, "manner", key, seenBefore);
        double share = dice.share();
        Kind kind = share < 0.03
                ? Kind.LOST
                : share < 0.045
                        ? Kind.TRUNCATED
                        : share < 0.055
                                ? Kind.DROPPED
                                : share < 0.10
                                        ? Kind.BUSY
                                        : share < 0.11 ? Kind.THROTTLED : share < 0.12 ? Kind.REFUSED : Kind.ANSWER;
        return new Manner(kind, latency(dice, key.startsWith(Setup.CALM)));
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
