package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.execution.MatrixReader.Standing;
import io.projectbeacon.runner.ledger.DuplicateView;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Says of an entry of the ledger why the cell did not run again, and what that has saved; or that it could not be stopped. */
final class DuplicateSentence {

    private DuplicateSentence() {}

    /** @param standing the cell's row; null when it was never claimed */
    static String of(DuplicateView entry, @Nullable Standing standing) {
        if (DuplicateOutcome.ALLOWED.wireName().equals(entry.outcome())) {
            return allowed(entry);
        }
        if (DuplicateLayer.INPUT.wireName().equals(entry.layer())) {
            return "Dropped before the job was stored: its JobSpec named this cell "
                    + ReportWords.number(entry.occurrences() + 1) + " times" + saved(entry, standing) + ".";
        }
        return "Stopped before the call" + times(entry) + ": " + reason(entry, standing) + saved(entry, standing) + ".";
    }

    private static String allowed(DuplicateView entry) {
        String times = times(entry);
        if (DuplicateLayer.COMPLETION.wireName().equals(entry.layer())) {
            return "Not stopped" + times
                    + ": an answer came after another attempt had begun. The provider may have been paid for both.";
        }
        if (DuplicateLayer.AUDIT.wireName().equals(entry.layer())) {
            return "Not stopped: the audit found " + ReportWords.count(entry.existingCount(), "row", "rows")
                    + " of this cell, and there must be one.";
        }
        return "Not stopped" + times + ": the cell was called again.";
    }

    private static String times(DuplicateView entry) {
        return entry.occurrences() == 1 ? "" : " " + ReportWords.number(entry.occurrences()) + " times";
    }

    private static String reason(DuplicateView entry, @Nullable Standing standing) {
        if (!ExecutionStatus.COMPLETED.wireName().equals(entry.existingStatus())) {
            return "it was " + (entry.existingStatus() == null ? "there" : entry.existingStatus())
                    + " already, under the same run";
        }
        if (standing == null || standing.endedAt() == null) {
            return "it was completed already";
        }
        Duration before = Duration.between(standing.endedAt(), entry.lastSeenAt());
        String when = before.isNegative() ? "" : " " + ReportWords.time(before) + " earlier";
        return "completed" + when + " in run " + standing.fence() + " by " + standing.runner();
    }

    /** What one run of the cell takes is known once it is completed: as often as it was not run again, that was saved. */
    private static String saved(DuplicateView entry, @Nullable Standing standing) {
        if (standing == null || standing.status() != ExecutionStatus.COMPLETED || standing.took() == null) {
            return "";
        }
        long calls = entry.occurrences() * Math.max(1, standing.answers());
        return "; saved " + ReportWords.count(calls, "call", "calls") + " and about "
                + ReportWords.time(standing.took().multipliedBy(entry.occurrences()));
    }
}
