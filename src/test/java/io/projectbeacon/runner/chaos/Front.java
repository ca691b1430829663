package io.projectbeacon.runner.chaos;

/**
 * What the provider's front does with a request. It knows nothing of the model behind it: when it has passed a request
 * on, the model goes on to its end, whatever the front has said meanwhile.
 */
enum Front {
    THROTTLED(10, false, 429, Told.NOT_NOW),
    OUT_OF_QUOTA(3, false, 402, Told.NOT_NOW),
    BUSY(28, false, 503, Told.NOT_NOW),
    OVERLOADED(5, false, 529, Told.NOT_NOW),
    TAKEN(6, false, 409, Told.CONFLICT),
    /** Closes the connection, and has passed nothing on. */
    DROPS(10, false, 0, Told.NOTHING),
    BAD_GATEWAY(10, true, 502, Told.NOTHING),
    GATEWAY_TIMEOUT(12, true, 504, Told.NOTHING),
    STRANGE(5, true, 520, Told.NOTHING),
    /** Says in the body of a 200 that the model has timed out. */
    TIMEOUT_IN_SUCCESS(5, true, 200, Told.NOTHING),
    /** Says that the call has failed, while it goes on. */
    ERROR(10, true, 500, Told.VERDICT),
    /** Closes the connection. */
    CLOSES(22, true, 0, Told.NOTHING),
    /** Begins an answer, and closes the connection in the middle of it. */
    BREAKS_OFF(12, true, 200, Told.NOTHING),
    /** A page for people. */
    HTML(5, true, 200, Told.NOTHING),
    EMPTY(5, true, 200, Told.NOTHING),
    /** Hands on what the model says, or what is remembered. */
    PASSES(0, true, 0, Told.ANSWER);

    private final int perMille;
    private final boolean begins;
    private final int status;
    private final Told told;

    /** @param perMille share of the requests; what is left of them {@link #PASSES} */
    Front(int perMille, boolean begins, int status, Told told) {
        this.perMille = perMille;
        this.begins = begins;
        this.status = status;
        this.told = told;
    }

    static Front of(Dice dice) {
        int left = dice.between(0, 999);
        for (Front front : values()) {
            left -= front.perMille;
            if (left < 0) {
                return front;
            }
        }
        return PASSES;
    }

    /** Whether the request reaches the model. */
    boolean begins() {
        return begins;
    }

    /** Of its own reply; 0 when it has none. */
    int status() {
        return status;
    }

    /** What its own reply says. */
    Told told() {
        return told;
    }

    /** Whether it replies before the model has ended. */
    boolean isEarly() {
        return begins && this != PASSES && this != BREAKS_OFF;
    }
}
