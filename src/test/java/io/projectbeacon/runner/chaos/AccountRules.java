package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Cell;
import io.projectbeacon.runner.chaos.History.Counters;
import io.projectbeacon.runner.chaos.History.Duplicate;
import io.projectbeacon.runner.chaos.History.Job;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.History.Submission;
import io.projectbeacon.runner.chaos.Matches.Match;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Rule 5: counters, ledger and API agree. An event is committed before it is counted; so the sum over the runners never
 * exceeds what is stored, and equals it as long as no runner has died.
 */
final class AccountRules {

    private final History history;
    private final Matches matches;
    private final boolean nothingDied;
    private final List<String> violations = new ArrayList<>();

    AccountRules(History history, Matches matches) {
        this.history = history;
        this.matches = matches;
        this.nothingDied = history.processes().stream()
                .allMatch(
                        process -> process.killed() == null && process.pauses().isEmpty());
    }

    List<String> violations() {
        history.jobs().values().forEach(this::checkJob);
        checkWholeLedger();
        checkInput();
        checkAllowed();
        checkCounters();
        return violations;
    }

    private void checkJob(Job job) {
        Map<String, Long> byLayer = job.duplicates().stream()
                .collect(Collectors.groupingBy(Duplicate::layer, Collectors.summingLong(Duplicate::occurrences)));
        if (!byLayer.equals(job.duplicatesByLayer())) {
            violations.add("5: the job %s says duplicates %s, its ledger %s"
                    .formatted(job.id(), job.duplicatesByLayer(), byLayer));
        }
        if (job.allowed() != sum(job.duplicates(), true) || job.detected() != sum(job.duplicates(), false)) {
            violations.add("5: the job %s says %d detected and %d allowed, its ledger %s"
                    .formatted(job.id(), job.detected(), job.allowed(), job.duplicates()));
        }
    }

    private void checkWholeLedger() {
        List<String> whole =
                history.ledger().stream().map(Duplicate::toString).sorted().toList();
        List<String> together = history.jobs().values().stream()
                .flatMap(job -> job.duplicates().stream())
                .map(Duplicate::toString)
                .sorted()
                .toList();
        if (!whole.equals(together)) {
            violations.add("5: the ledger has %d entries, the jobs' ledgers together %d, or they differ"
                    .formatted(whole.size(), together.size()));
        }
    }

    /** The input duplicates that a job must have follow from its document. */
    private void checkInput() {
        for (Submission submission : history.submissions()) {
            Job job = history.jobs().get(submission.script().id());
            if (job == null) {
                continue;
            }
            Map<CellName, Long> found = job.duplicates().stream()
                    .filter(duplicate -> duplicate.layer().equals("input"))
                    .collect(Collectors.groupingBy(Duplicate::cell, Collectors.summingLong(Duplicate::occurrences)));
            Map<CellName, Long> expected = submission.script().dropped().entrySet().stream()
                    .filter(cell -> cell.getValue() > 0)
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, cell -> cell.getValue().longValue()));
            if (!found.equals(expected)) {
                violations.add("5: the job %s has input duplicates %s, not %s".formatted(job.id(), found, expected));
            }
        }
    }

    /**
     * Each allowed duplicate of a cell needs an answer that was sent to an attempt that had ended unknown by then. It
     * may have been a replay, so that what is counted is not always a second run.
     */
    private void checkAllowed() {
        for (Cell cell : Matches.cells(history)) {
            long allowed = history.ledger().stream()
                    .filter(duplicate -> duplicate.allowed() && duplicate.cell().equals(cell.name()))
                    .mapToLong(Duplicate::occurrences)
                    .sum();
            long late = matches.of(cell.name()).stream()
                    .filter(match ->
                            match.call().told() == Told.ANSWER && !match.call().clientGone())
                    .filter(Match::accountedAsUnknown)
                    .count();
            if (allowed > late) {
                violations.add("5: the ledger allows %d duplicates of %s, and only %d answers can have come too late"
                        .formatted(allowed, cell.name(), late));
            }
        }
    }

    private void checkCounters() {
        Map<String, Double> counted = new TreeMap<>();
        for (Counters counters : history.counters().values()) {
            counters.samples().forEach((name, value) -> counted.merge(name, value, Double::sum));
        }
        Map<String, Bounds> stored = stored();
        stored.forEach((name, bounds) -> {
            double value = counted.getOrDefault(name, 0.0);
            if (value > bounds.most() || nothingDied && value < bounds.least()) {
                violations.add("5: %s counts %.0f over all runners, and what is stored says %s"
                        .formatted(name, value, bounds));
            }
        });
        counted.forEach((name, value) -> {
            if (value > 0 && !stored.containsKey(name)) {
                violations.add("5: %s counts %.0f, and nothing of it is stored".formatted(name, value));
            }
        });
    }

    /** @param least the minimum when no runner died: the counts since the last scrape of a killed runner are lost */
    private record Bounds(long least, long most) {

        static Bounds exactly(long number) {
            return new Bounds(number, number);
        }
    }

    private Map<String, Bounds> stored() {
        Map<String, Bounds> stored = new TreeMap<>();
        history.ledger().stream()
                .collect(Collectors.groupingBy(
                        entry -> "beacon_duplicates_total " + entry.outcome() + " " + entry.layer(),
                        Collectors.summingLong(Duplicate::occurrences)))
                .forEach((name, occurrences) -> stored.put(name, Bounds.exactly(occurrences)));
        List<Cell> cells = Matches.cells(history);
        long unknown = cells.stream()
                .flatMap(cell -> cell.attempts().stream())
                .filter(History.Attempt::newlyUnknown)
                .mapToLong(History.Attempt::times)
                .sum();
        // A late answer may have completed a held cell, and with it an attempt that had been counted as unknown.
        stored.put("beacon_executions_unknown_total", new Bounds(unknown, unknown + heldAndCompleted(cells)));
        stored.put(
                "beacon_executions_total completed",
                Bounds.exactly(cells.stream()
                        .filter(cell -> cell.status().equals("completed"))
                        .count()));
        long finished = history.jobs().values().stream().filter(Job::isFinal).count();
        stored.put("beacon_jobs_total", new Bounds(finished + retries(true), finished + retries(false)));
        return stored;
    }

    private long heldAndCompleted(List<Cell> cells) {
        Set<String> holding = history.submissions().stream()
                .filter(sent -> sent.script().hold())
                .map(sent -> sent.script().id())
                .collect(Collectors.toSet());
        return cells.stream()
                .filter(cell -> cell.status().equals("completed")
                        && holding.contains(cell.name().job()))
                .count();
    }

    /** Each retry followed an end of its job, which counts as one more. */
    private long retries(boolean forSure) {
        return history.requests().stream()
                .filter(request -> request.kind() == Request.Kind.RETRY)
                .filter(request -> forSure ? request.worked() : request.mayHaveWorked())
                .count();
    }

    private static long sum(List<Duplicate> duplicates, boolean allowed) {
        return duplicates.stream()
                .filter(duplicate -> duplicate.allowed() == allowed)
                .mapToLong(Duplicate::occurrences)
                .sum();
    }
}
