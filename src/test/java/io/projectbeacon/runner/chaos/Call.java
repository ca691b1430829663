package io.projectbeacon.runner.chaos;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One request, as the provider saw it. A replay and a {@code 409} are requests too; that the model was at work is a
 * {@link ModelRun}, which belongs to the request that began it.
 *
 * @param process the token of the runner process that called
 * @param end when the reply was sent or the connection closed; null while that was still to come
 * @param told what the reply says
 * @param status of the reply; 0 when there was none
 * @param replayed whether the reply was marked as one of an earlier call
 * @param clientGone whether the client had closed the connection before the reply
 * @param answer the text in the reply, if it says {@link Told#ANSWER}
 * @param run null when this request did not begin one
 */
record Call(
        long n,
        String process,
        Key key,
        Instant start,
        @Nullable Instant end,
        Told told,
        int status,
        boolean replayed,
        boolean clientGone,
        @Nullable String answer,
        @Nullable ModelRun run) {

    CellName cell() {
        return key.cell();
    }

    int question() {
        return key.question();
    }

    /** Whether the runner that made the call can have known at that moment how it ended. */
    boolean knownBefore(Instant moment) {
        return end != null && !end.isAfter(moment) && told != Told.NOTHING && !clientGone;
    }

    /** Whether the runner that made the call can have heard a verdict by that moment. */
    boolean condemnedBefore(Instant moment) {
        return told == Told.VERDICT && knownBefore(moment);
    }

    /** Whether this request made the model run to its end. */
    boolean ran() {
        return run != null && run.success();
    }

    boolean isOver() {
        return end != null && (run == null || run.end() != null);
    }
}
