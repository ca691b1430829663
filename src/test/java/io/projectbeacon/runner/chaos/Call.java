package io.projectbeacon.runner.chaos;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One call, as the provider saw it.
 *
 * @param process the token of the runner process that called
 * @param question the question's index in its cell, from 0
 * @param end null while it was running when the ledger was read
 * @param told whether the provider's reply shows how the call ended
 * @param success whether the model ran: the call is paid for, even when its answer was lost
 * @param clientGone whether the client had closed the connection before the reply
 * @param answer the text that the provider sent, or would have sent
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

    /** Whether the runner that made the call can have known at that moment how it ended. */
    boolean knownBefore(Instant moment) {
        return end != null && !end.isAfter(moment) && told && !clientGone;
    }
}
