package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Attempt;
import io.projectbeacon.runner.chaos.History.Cell;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.Matches.Match;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which calls may be made, and which attempts account for calls that were made twice. */
final class CallRules {

    /** Only clocks may differ: a claim that is under way at a cancel is committed before the cancel is answered. */
    private static final Duration CLOCKS = Duration.ofMillis(5);

    private final History history;
    private final Matches matches;
    private final List<String> violations = new ArrayList<>();

    CallRules(History history, Matches matches) {
        this.history = history;
        this.matches = matches;
    }

    List<String> violations() {
        for (Cell cell : Matches.cells(history)) {
            List<Match> calls = matches.of(cell.name());
            checkNoneAfterItsAnswer(cell, calls);
            checkOnceAnAttempt(calls);
            checkEachRunAccountedFor(cell, calls);
            checkAttempts(cell);
            checkNoneAfterACancel(cell);
        }
        return violations;
    }

    /** An answer is stored before the next question is asked, and the last one before the cell is completed. */
    private void checkNoneAfterItsAnswer(Cell cell, List<Match> calls) {
        for (Match match : calls) {
            Instant stored = storedBy(cell, calls, match.call().question());
            if (!match.late() && stored != null && match.call().start().isAfter(stored)) {
                violations.add("2: call %d to %s question %d began at %s, after its answer was stored by %s"
                        .formatted(
                                match.call().n(),
                                cell.name(),
                                match.call().question(),
                                match.call().start(),
                                stored));
            }
        }
    }

    private static @Nullable Instant storedBy(Cell cell, List<Match> calls, int question) {
        Instant stored = cell.status().equals("completed") ? cell.completedAt() : null;
        for (Match later : calls) {
            Instant start = later.call().start();
            if (later.call().question() > question && (stored == null || start.isBefore(stored))) {
                stored = start;
            }
        }
        return stored;
    }

    private void checkOnceAnAttempt(List<Match> calls) {
        Map<List<Integer>, Integer> made = new HashMap<>();
        for (Match match : calls) {
            List<Integer> where = List.of(match.attempt().number(), match.call().question());
            if (made.merge(where, 1, Integer::sum) > match.attempt().times()) {
                violations.add("3: attempt %d of %s called more than once for question %d (call %d)"
                        .formatted(
                                match.attempt().number(),
                                match.call().cell(),
                                match.call().question(),
                                match.call().n()));
            }
        }
    }

    /**
     * Of a question's runs at most one is neither of an attempt that ended unknown nor one that the provider has told to
     * have failed.
     */
    private void checkEachRunAccountedFor(Cell cell, List<Match> calls) {
        Set<Key> condemned = calls.stream()
                .map(Match::call)
                .filter(call -> call.told() == Told.VERDICT && !call.clientGone())
                .map(Call::key)
                .collect(Collectors.toSet());
        Map<Integer, Integer> plain = new HashMap<>();
        for (Match match : calls) {
            Call call = match.call();
            if (call.ran() && !match.accountedAsUnknown() && !condemned.contains(call.key())) {
                plain.merge(call.question(), 1, Integer::sum);
            }
        }
        plain.forEach((question, runs) -> {
            if (runs > 1) {
                violations.add("3: question %d of %s was run %d times in attempts that are not unknown"
                        .formatted(question, cell.name(), runs));
            }
        });
    }

    /** Attempts have numbers without a gap and fences that never fall; none overlaps another or follows completion. */
    private void checkAttempts(Cell cell) {
        Attempt before = null;
        for (Attempt attempt : cell.attempts()) {
            int expected = before == null ? 1 : before.nextNumber();
            if (attempt.number() != expected) {
                violations.add(
                        "3: %s has attempt %d where %d should be".formatted(cell.name(), attempt.number(), expected));
            }
            if (before != null && (before.fence() > attempt.fence() || before.end() == null)) {
                violations.add("3: attempt %d of %s (fence %d, ended %s) comes before attempt %d (fence %d)"
                        .formatted(
                                before.number(),
                                cell.name(),
                                before.fence(),
                                before.end(),
                                attempt.number(),
                                attempt.fence()));
            }
            if (before != null && before.outcome().equals("completed")) {
                violations.add("2: %s was tried again after attempt %d had completed it"
                        .formatted(cell.name(), before.number()));
            }
            before = attempt;
        }
    }

    /** After a cancel was answered no cell of the job is claimed until a client asks for a retry. */
    private void checkNoneAfterACancel(Cell cell) {
        String job = cell.name().job();
        for (Request cancel : history.requests()) {
            if (!cancel.job().equals(job) || cancel.kind() != Request.Kind.CANCEL || !cancel.worked()) {
                continue;
            }
            Instant over = cancel.answered() == null ? cancel.sent() : cancel.answered();
            for (Attempt attempt : cell.attempts()) {
                if (attempt.start().isAfter(over.plus(CLOCKS)) && !retried(job, cancel.sent(), attempt.start())) {
                    violations.add("6: attempt %d of %s began at %s, after the job was cancelled at %s"
                            .formatted(attempt.number(), cell.name(), attempt.start(), over));
                }
            }
        }
    }

    private boolean retried(String job, Instant from, Instant to) {
        return history.requests().stream()
                .filter(request -> request.job().equals(job) && request.kind() == Request.Kind.RETRY)
                .anyMatch(request -> request.mayHaveWorkedWithin(from, to.plus(CLOCKS)));
    }
}
