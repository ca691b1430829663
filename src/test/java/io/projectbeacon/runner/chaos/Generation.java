package io.projectbeacon.runner.chaos;

/** How the model ends a call that it has begun. The provider remembers it, and replays it to who asks again. */
enum Generation {
    REFUSED(10, 400, Told.VERDICT),
    FAILED(10, 500, Told.VERDICT),
    /** The body of a 200 says that the generation has failed. */
    FAILED_IN_SUCCESS(7, 200, Told.VERDICT),
    /** The generation was broken off, by its {@code finish_reason}; a part of the text is there. */
    BROKEN_OFF(5, 200, Told.VERDICT),
    /** The model has run, and is paid for; the document that is sent and remembered ends too early. */
    UNREADABLE(6, 200, Told.NOTHING),
    /** The text was cut at a length. */
    CUT(10, 200, Told.ANSWER),
    FILTERED(7, 200, Told.ANSWER),
    /** Packed, though nobody has asked for that. */
    GZIPPED(20, 200, Told.ANSWER),
    /** As events, though nobody has asked for them. */
    STREAMED(10, 200, Told.ANSWER),
    PLAIN(0, 200, Told.ANSWER);

    private final int perMille;
    private final int status;
    private final Told told;

    /** @param perMille share of the generations; what is left of them is {@link #PLAIN} */
    Generation(int perMille, int status, Told told) {
        this.perMille = perMille;
        this.status = status;
        this.told = told;
    }

    static Generation of(Dice dice) {
        int left = dice.between(0, 999);
        for (Generation generation : values()) {
            left -= generation.perMille;
            if (left < 0) {
                return generation;
            }
        }
        return PLAIN;
    }

    int status() {
        return status;
    }

    /** What its reply says, when it comes whole and for the first time. */
    Told told() {
        return told;
    }

    /** A replay of what cannot be used says that this key will never bring anything else. */
    Told toldAgain() {
        return told == Told.ANSWER ? Told.ANSWER : Told.VERDICT;
    }

    /** Whether the model has run to its end, and is paid for. */
    boolean success() {
        return told != Told.VERDICT;
    }
}
