package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.WireName;
import io.projectbeacon.runner.job.JobView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which of a job's cells a page lists, as {@code show=} says it. */
enum CellChoice {
    ALL(null),
    FAILED(ExecutionStatus.FAILED),
    UNKNOWN(ExecutionStatus.UNKNOWN),
    CANCELLED(ExecutionStatus.CANCELLED),
    RUNNING(ExecutionStatus.RUNNING),
    COMPLETED(ExecutionStatus.COMPLETED),
    /** Those with a mark on their answers. */
    FLAGGED(null),
    /** Those of which a duplicate was met. */
    STOPPED(null);

    /** A choice as the page offers it. */
    record Offer(String word, String name, String link, String count, boolean isChosen) {}

    private final @Nullable ExecutionStatus status;

    CellChoice(@Nullable ExecutionStatus status) {
        this.status = status;
    }

    /** The status that all of these cells have; null when they may have any. */
    @Nullable
    ExecutionStatus status() {
        return status;
    }

    String word() {
        return WireName.of(this);
    }

    /** Null for a word that is none, as for no word: the matrix is shown. */
    static @Nullable CellChoice of(@Nullable String word) {
        return Arrays.stream(values())
                .filter(choice -> choice.word().equals(word))
                .findFirst()
                .orElse(null);
    }

    /** The matrix, and each list with how many it has. */
    static List<Offer> links(JobView job, JobLinks links) {
        List<Offer> offers = new ArrayList<>();
        JobView.Cells cells = job.cells();
        JobView.DuplicateCounts duplicates = job.duplicates();
        offers.add(new Offer(
                "matrix",
                "all cells",
                links.showing(null).page(),
                ReportWords.number(cells.total()),
                links.show() == null));
        offers.add(FAILED.offer("failed", cells.failed(), links));
        offers.add(UNKNOWN.offer("unknown", cells.unknown(), links));
        offers.add(CANCELLED.offer("cancelled", cells.cancelled(), links));
        offers.add(STOPPED.offer("stopped duplicates", duplicates.detected() + duplicates.allowed(), links));
        offers.add(FLAGGED.offer("flagged", cells.flagged(), links));
        offers.add(RUNNING.offer("running", cells.running(), links));
        offers.add(COMPLETED.offer("completed", cells.completed(), links));
        return offers;
    }

    private Offer offer(String name, long count, JobLinks links) {
        return new Offer(
                word(), name, links.showing(word()).page(), ReportWords.number(count), word().equals(links.show()));
    }
}
