package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.job.JobView;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the top of a job's page says, and what is said aloud once the job has ended.
 *
 * @param words the counts of its cells
 * @param duplicates a sentence; empty when none was met
 * @param took how long its last run took; null before the end
 * @param waits what its cells wait for; null when they wait for nothing
 * @param announcement null before the end
 */
record JobHead(
        String id,
        @Nullable String caller,
        String status,
        boolean isOver,
        String words,
        int ended,
        int total,
        int unknown,
        String duplicates,
        boolean allowed,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable String took,
        @Nullable String waits,
        @Nullable Instant parkedUntil,
        @Nullable Instant contentErasedAt,
        @Nullable String announcement) {

    static JobHead of(JobView job, @Nullable String caller) {
        boolean isOver = JobStatus.of(job.status()).isFinal();
        String words = JobWords.states(job.cells());
        return new JobHead(
                job.id(),
                caller,
                job.status(),
                isOver,
                words,
                JobWords.ended(job.cells()),
                job.cells().total(),
                job.cells().unknown(),
                JobWords.duplicates(job.duplicates()),
                job.duplicates().allowed() > 0,
                job.createdAt(),
                job.startedAt(),
                job.finishedAt(),
                job.startedAt() == null || job.finishedAt() == null
                        ? null
                        : ReportWords.time(Duration.between(job.startedAt(), job.finishedAt())),
                WaitWords.of(job),
                job.parkedUntil(),
                job.contentErasedAt(),
                isOver ? "Job " + job.id() + " ended: " + words : null);
    }
}
