package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.redis.Answer;

/** What became of a job's lock, by the answer of a script. The scripts answer with the place of one of the first four. */
enum LockState {
    /** No lock is there: it expired, was never set, or Redis was emptied. */
    MISSING,
    /** It is under the token that was asked for, and lasts for another TTL. */
    OURS,
    /** A runner holds it; another one, where a token was asked for. */
    HELD,
    /** What is there never expires. Each runner sets its lock with a TTL, so a person has set it, or taken its TTL away. */
    ENDLESS,
    /** The key is of another type than a lock. */
    BROKEN,
    /** Redis refused the question, or did not answer it. */
    UNANSWERED;

    private static final LockState[] ANSWERS = values();

    static LockState of(Answer answer) {
        return switch (answer) {
            case Answer.Value value -> ANSWERS[Math.toIntExact(value.number())];
            case Answer.Refused refused -> refused.isOfTheKey() ? BROKEN : UNANSWERED;
        };
    }

    /** Whether the key is not a lock as a runner sets one: a person has to delete it. */
    boolean isFault() {
        return this == ENDLESS || this == BROKEN;
    }
}
