package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.job.JobView;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job in the list.
 *
 * @param key names its row on the page
 * @param caller whose it is; null where the reader sees no others' jobs
 */
record JobRow(
        long key,
        String id,
        String link,
        @Nullable String caller,
        String status,
        int ended,
        int cells,
        String words,
        String duplicates,
        boolean allowed,
        Instant createdAt) {

    static JobRow of(JobView job, boolean ofAll) {
        JobLinks links = JobLinks.to(job, ofAll);
        JobView.Cells cells = job.cells();
        return new JobRow(
                job.jobId(),
                job.id(),
                links.page(),
                links.caller(),
                job.status(),
                JobWords.ended(cells),
                cells.total(),
                JobWords.states(cells),
                duplicates(job.duplicates()),
                job.duplicates().allowed() > 0,
                job.createdAt());
    }

    private static String duplicates(JobView.DuplicateCounts counts) {
        String stopped = counts.detected() == 0 ? "none" : ReportWords.number(counts.detected()) + " stopped";
        return counts.allowed() == 0 ? stopped : stopped + ", " + ReportWords.number(counts.allowed()) + " not stopped";
    }
}
