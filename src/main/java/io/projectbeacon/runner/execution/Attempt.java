package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Run;
import java.util.UUID;

/**
 * One try at a cell: everything that is written for it is guarded by its number.
 *
 * @param claimId proves that the row is ours, when the cell is to be tried again
 * @param answers what earlier attempts have answered already; the next question is the one after them
 * @param keyNumbers the numbers of the keys of its questions
 * @param inDoubt whether an earlier call for its first question, under the same key, has an unknown outcome
 */
record Attempt(
        Run run,
        String region,
        String modelId,
        UUID claimId,
        long executionId,
        int number,
        Answers answers,
        KeyNumbers keyNumbers,
        boolean inDoubt) {

    static Attempt of(Run run, CellWork cell, UUID claimId, ClaimResult.Claimed claimed) {
        return new Attempt(
                run,
                cell.region(),
                cell.modelId(),
                claimId,
                claimed.executionId(),
                claimed.attempt(),
                claimed.answers(),
                claimed.keyNumbers(),
                claimed.inDoubt());
    }

    /** Whether an earlier call for the question after so many answers may still be running. */
    boolean inDoubtAfter(int answered) {
        return inDoubt && answered == answers.count(); // A later question has never been asked.
    }
}
