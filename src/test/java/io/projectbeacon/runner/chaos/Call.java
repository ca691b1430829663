package io.projectbeacon.runner.chaos;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One call, as the provider saw it.
 *
 * @param process who called, by the token that each runner process is given
 * @param question the question's place in its cell, from 0
 * @param end null while it was running when the ledger was read
 * @param told whether what the provider sent tells how the call ended
 * @param success whether the model ran: the call is paid for, even when its answer was lost
 * @param clientGone whether nobody was there any more to take the answer
 * @param answer the text that was given, or would have been
 */
record Call(
        long n,
        String process,
        CellName cell,
        int question,
        Instant start,
        @Nullable Instant end,
        boolean told,
        boolean success,
        boolean clientGone,
        @Nullable String answer) {

    /** Whether somebody who made the call can have known at that moment how it ended. */
    boolean knownBefore(Instant moment) {
        return end != null && !end.isAfter(moment) && told && !clientGone;
    }
}
