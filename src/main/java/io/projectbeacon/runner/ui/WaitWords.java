package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.JobWait;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a job waits for, in sentences. */
final class WaitWords {

    private WaitWords() {}

    /** Null when it waits for nothing, or that is not known. */
    static @Nullable String of(JobView job) {
        List<JobWait> waits = Objects.requireNonNullElse(job.waitsFor(), List.of());
        boolean isParked = job.parkedUntil() != null && job.parkedRegions() != null;
        if (isParked && waits.stream().noneMatch(wait -> wait.reason().equals("paused"))) {
            return "Its cells wait until " + String.join(", ", Objects.requireNonNull(job.parkedRegions()))
                    + " takes calls again.";
        }
        return waits.isEmpty() ? null : waits.stream().map(WaitWords::sentence).collect(Collectors.joining(" "));
    }

    private static String sentence(JobWait wait) {
        String cells = wait.cells() == null
                ? "Cells"
                : ReportWords.number(wait.cells()) + (wait.cells() == 1 ? " cell" : " cells");
        String words = switch (wait.reason()) {
            case "runner" -> "for a runner with room for them";
            case "closed" -> "until the region takes calls again";
            case "paused" -> "until an operator resumes the region, which is paused";
            case "place" -> "for a free place";
            case "total_limit" -> "for a free place over all replicas";
            case "pace" -> "since the provider refuses calls";
            case "breaker", "backoff" -> "for the next attempt";
            case "lock_key" -> "until an operator deletes the job's key in Redis, which is no lock";
            default -> "for something that this version does not know";
        };
        return wait.region() == null
                ? "The job waits " + words + "."
                : cells + " in " + wait.region() + (Objects.equals(wait.cells(), 1) ? " waits " : " wait ") + words
                        + ".";
    }
}
