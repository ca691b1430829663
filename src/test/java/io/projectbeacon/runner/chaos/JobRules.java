package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Cell;
import io.projectbeacon.runner.chaos.History.Job;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.History.Submission;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** No acknowledged job is lost, no job exists that no client sent, and a job's status fits its cells. */
final class JobRules {

    private final History history;
    private final List<String> violations = new ArrayList<>();

    JobRules(History history) {
        this.history = history;
    }

    List<String> violations() {
        Set<String> sent = new HashSet<>();
        for (Submission submission : history.submissions()) {
            sent.add(submission.script().id());
            Job job = history.jobs().get(submission.script().id());
            if (job == null && submission.acknowledged()) {
                object("the acknowledged job " + submission.script().id() + " is gone");
            }
            if (submission.accepted() > 1) {
                object("the job " + submission.script().id() + " was accepted as new " + submission.accepted()
                        + " times");
            }
            if (job != null) {
                check(submission, job);
            }
        }
        for (String id : history.jobs().keySet()) {
            if (!sent.contains(id)) {
                object("nobody sent the job " + id);
            }
        }
        return violations;
    }

    private void check(Submission submission, Job job) {
        if (!job.isFinal() || job.finishedAt() == null) {
            object("the job %s is %s and has not ended".formatted(job.id(), job.status()));
        }
        Set<CellName> expected = submission.script().dropped().keySet();
        Map<String, Integer> counts = job.cells();
        if (counts.getOrDefault("total", 0) != expected.size()) {
            object("the job %s has %s cells, not %d".formatted(job.id(), counts.get("total"), expected.size()));
        }
        Set<CellName> listed = new HashSet<>();
        for (Cell cell : job.executions()) {
            if (!expected.contains(cell.name())) {
                object("the cell " + cell.name() + " was never asked for");
            }
            if (!listed.add(cell.name())) {
                object("the cell " + cell.name() + " is there twice");
            }
        }
        int missing = expected.size() - listed.size();
        if (missing != 0
                && !job.status().equals("cancelled")
                && submission.script().timeout() == null) {
            object("the job %s ended %s, and %d cells were never claimed".formatted(job.id(), job.status(), missing));
        }
        checkCounts(job, expected.size() - listed.size());
        checkStatus(submission, job);
    }

    private void checkCounts(Job job, int missing) {
        Map<String, Long> tally =
                job.executions().stream().collect(Collectors.groupingBy(Cell::status, Collectors.counting()));
        for (String status : List.of("running", "completed", "failed", "cancelled", "unknown")) {
            if (job.cells().getOrDefault(status, 0)
                    != tally.getOrDefault(status, 0L).intValue()) {
                object("the job %s counts %s, its cells say %s".formatted(job.id(), job.cells(), tally));
                return;
            }
        }
        if (job.cells().getOrDefault("pending", 0) != missing) {
            object("the job %s counts %s, and %d cells are not listed".formatted(job.id(), job.cells(), missing));
        }
        if (job.isFinal() && tally.containsKey("running")) {
            object("the job %s is %s while cells of it are running".formatted(job.id(), job.status()));
        }
    }

    private void checkStatus(Submission submission, Job job) {
        boolean wasCancelled = mayHaveBeen(job.id(), Request.Kind.CANCEL);
        if (job.status().equals("cancelled")) {
            if (!wasCancelled) {
                object("6", "nobody cancelled the job " + job.id());
            }
            return;
        }
        int completed = job.cells().getOrDefault("completed", 0);
        int total = submission.script().dropped().size();
        if (cancelledLast(job.id()) && completed < total) {
            object("6", "the job %s is %s after it was cancelled".formatted(job.id(), job.status()));
        }
        Double rate = submission.script().minSuccessRate();
        String right = completed == total || rate != null && completed >= rate * total
                ? "completed"
                : completed > 0 ? "partial" : "failed";
        if (job.isFinal() && !job.status().equals(right)) {
            object(
                    "6",
                    "the job %s is %s with %d of %d cells completed"
                            .formatted(job.id(), job.status(), completed, total));
        }
    }

    private boolean mayHaveBeen(String id, Request.Kind kind) {
        return history.requests().stream()
                .anyMatch(request -> request.job().equals(id) && request.kind() == kind && request.mayHaveWorked());
    }

    /** Whether the job was cancelled and no retry can have come after the cancel. */
    private boolean cancelledLast(String id) {
        return history.requests().stream()
                .filter(request ->
                        request.job().equals(id) && request.kind() == Request.Kind.CANCEL && request.worked())
                .anyMatch(cancel -> history.requests().stream()
                        .filter(request -> request.job().equals(id) && request.kind() == Request.Kind.RETRY)
                        .filter(Request::mayHaveWorked)
                        .allMatch(retry ->
                                retry.answered() != null && retry.answered().isBefore(cancel.sent())));
    }

    private void object(String text) {
        object("1", text);
    }

    private void object(String point, String text) {
        violations.add(point + ": " + text);
    }
}
