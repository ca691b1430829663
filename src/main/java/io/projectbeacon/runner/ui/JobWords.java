package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.job.JobView;
import java.util.ArrayList;
import java.util.List;

/** What is told of a job, in words. */
final class JobWords {

    private JobWords() {}

    /** How many cells have come to an end. */
    static int ended(JobView.Cells cells) {
        return cells.total() - cells.pending() - cells.running();
    }

    /** As in {@code 4 completed (1 flagged), 1 failed}: what there is none of is left out. */
    static String states(JobView.Cells cells) {
        List<String> parts = new ArrayList<>();
        add(
                parts,
                cells.completed(),
                cells.flagged() == 0 ? "completed" : "completed (" + cells.flagged() + " flagged)");
        add(parts, cells.failed(), "failed");
        add(parts, cells.unknown(), "unknown");
        add(parts, cells.cancelled(), "cancelled");
        add(parts, cells.running(), "running");
        add(parts, cells.pending(), "pending");
        return String.join(", ", parts);
    }

    private static void add(List<String> parts, int count, String word) {
        if (count > 0) {
            parts.add(ReportWords.number(count) + " " + word);
        }
    }

    /** What the job has spared, or not, in a sentence; empty when no duplicate was met. */
    static String duplicates(JobView.DuplicateCounts counts) {
        if (counts.detected() + counts.allowed() == 0) {
            return "";
        }
        List<String> layers = new ArrayList<>();
        counts.byLayer().forEach((layer, times) -> layers.add(ReportWords.number(times) + " " + ofLayer(layer)));
        String stopped = counts.detected() == 0
                ? ""
                : ReportWords.count(counts.detected(), "duplicate was", "duplicates were")
                        + " stopped before the call, and cost nothing";
        String allowed = counts.allowed() == 0
                ? ""
                : ReportWords.count(counts.allowed(), "duplicate was", "duplicates were") + " not stopped";
        String both = stopped.isEmpty() || allowed.isEmpty() ? stopped + allowed : stopped + "; " + allowed;
        return both + ": " + String.join(", ", layers) + ".";
    }

    private static String ofLayer(String layer) {
        return switch (layer) {
            case "input" -> "named more than once in the JobSpec";
            case "claim" -> "met twice within one run";
            case "retry" -> "completed already when a retry came to it";
            case "redelivery" -> "completed already when another run took the job over";
            case "completion" -> "answered after another attempt had begun";
            case "audit" -> "found by the audit as a second row";
            default -> "met in the layer " + layer;
        };
    }
}
