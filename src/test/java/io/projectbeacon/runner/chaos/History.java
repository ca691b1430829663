package io.projectbeacon.runner.chaos;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was seen of a storm from outside, once no job and no call was under way any more.
 *
 * @param jobs as the API returns them, by the client's id
 * @param ledger the API's whole list of duplicates
 * @param counters the last scrape of each runner process, by its token
 */
record History(
        List<Submission> submissions,
        List<Request> requests,
        List<Process> processes,
        List<Call> calls,
        Map<String, Job> jobs,
        List<Duplicate> ledger,
        Map<String, Counters> counters) {

    /**
     * A document that was sent, perhaps to several runners and several times.
     *
     * @param acknowledged whether a runner answered that the job is stored
     * @param accepted how many answers said that the job is new
     */
    record Submission(JobScript script, boolean acknowledged, int accepted) {}

    /**
     * A retry or a cancel that a client asked for.
     *
     * @param newKeys whether a retry asked that the keys of what it runs are given up
     * @param answered null when no answer came, so that it may have been done or not
     * @param status the answer's HTTP status, or 0
     */
    record Request(
            Kind kind,
            String job,
            boolean includeUnknown,
            boolean newKeys,
            Instant sent,
            @Nullable Instant answered,
            int status) {

        enum Kind {
            RETRY,
            CANCEL
        }

        /** Whether it took effect, or may have. */
        boolean mayHaveWorked() {
            return answered == null || status == 202 || status >= 500;
        }

        boolean worked() {
            return status == 202;
        }

        /** Whether it may have taken effect between two moments. */
        boolean mayHaveWorkedWithin(Instant from, Instant to) {
            return mayHaveWorked() && !sent.isAfter(to) && (answered == null || !answered.isBefore(from));
        }
    }

    /**
     * One process of a runner.
     *
     * @param token its API key at the provider
     * @param killed null when it ran to the end
     * @param pauses the spans in which it was stopped by {@code SIGSTOP}
     */
    record Process(String token, long pid, @Nullable Instant killed, List<Span> pauses) {

        boolean pausedWithin(Instant from, Instant to) {
            return pauses.stream()
                    .anyMatch(pause -> !pause.from().isAfter(to) && !pause.to().isBefore(from));
        }
    }

    record Span(Instant from, Instant to) {}

    /** @param cells counts by status, {@code total} and {@code pending} too */
    record Job(
            String id,
            String status,
            @Nullable Instant finishedAt,
            Map<String, Integer> cells,
            Map<String, Long> duplicatesByLayer,
            long detected,
            long allowed,
            List<Cell> executions,
            List<Duplicate> duplicates) {

        boolean isFinal() {
            return !status.equals("queued") && !status.equals("running");
        }
    }

    record Cell(
            CellName name,
            String status,
            @Nullable Instant completedAt,
            List<Answer> answers,
            List<Attempt> attempts) {}

    record Answer(String question, String response) {}

    /**
     * An attempt, or several of one run that came one after the other and ended alike.
     *
     * @param number of the first of them
     * @param times how many they are
     * @param pid of the runner's process, from its name
     * @param start of the first of them
     * @param end of the last of them
     * @param code why it brought no answer; empty when it did, or when the API does not say
     */
    record Attempt(
            int number,
            int times,
            long pid,
            long fence,
            Instant start,
            @Nullable Instant end,
            String outcome,
            String code) {

        boolean unknown() {
            return outcome.equals("unknown");
        }

        /** Whether it met an earlier call of unknown outcome that was still going on. */
        boolean stillRunning() {
            return code.equals("still_running");
        }

        /** Whether it left one more call of which nobody knows the outcome. */
        boolean newlyUnknown() {
            return unknown() && !stillRunning();
        }

        int nextNumber() {
            return number + times;
        }
    }

    record Duplicate(CellName cell, String layer, String outcome, long occurrences) {

        boolean allowed() {
            return outcome.equals("allowed");
        }
    }

    /** @param samples by name and labels, as in {@code beacon_jobs_total{status="failed"}} */
    record Counters(Map<String, Double> samples) {}
}
