package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.ledger.DuplicateSummaries.Hour;
import io.projectbeacon.runner.ledger.DuplicateSummaries.Saved;
import io.projectbeacon.runner.ledger.DuplicateSummaries.Summary;
import org.jspecify.annotations.Nullable;

/**
 * What all hours have together.
 *
 * @param stopped how often one was stopped: each is a call that was not made, or several where a cell has several questions
 * @param allowed how often one was not
 * @param saved the time that the calls would have taken, in words; null when nothing is known of it
 * @param savedNote of how many of them nothing is known; null when something is known of all
 */
record DuplicateTotals(
        long stopped,
        long allowed,
        @Nullable String saved,
        @Nullable String savedNote) {

    static DuplicateTotals of(Summary summary) {
        long stopped = times(summary, DuplicateOutcome.DETECTED);
        Saved saved = summary.saved();
        boolean isKnown = saved.notKnown() < stopped;
        return new DuplicateTotals(
                stopped,
                times(summary, DuplicateOutcome.ALLOWED),
                stopped == 0 ? "none" : isKnown ? "about " + ReportWords.time(saved.seconds()) : null,
                saved.notKnown() == 0
                        ? null
                        : "Without " + ReportWords.count(saved.notKnown(), "call", "calls")
                                + " to models of which no such cell is completed: what those take is not known.");
    }

    private static long times(Summary summary, DuplicateOutcome outcome) {
        return summary.hours().stream()
                .filter(hour -> hour.outcome().equals(outcome.wireName()))
                .mapToLong(Hour::times)
                .sum();
    }
}
