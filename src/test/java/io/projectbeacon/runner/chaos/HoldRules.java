package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Attempt;
import io.projectbeacon.runner.chaos.History.Cell;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.History.Submission;
import io.projectbeacon.runner.chaos.Matches.Match;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Rule 4: with {@code hold}, no cell is called while its earlier call is of unknown outcome, unless a client asked. */
final class HoldRules {

    private static final Duration CLOCKS = Duration.ofMillis(5);

    private final History history;
    private final Matches matches;
    private final Set<String> holding;
    private final List<String> violations = new ArrayList<>();

    HoldRules(History history, Matches matches) {
        this.history = history;
        this.matches = matches;
        this.holding = history.submissions().stream()
                .filter(sent -> sent.script().hold())
                .map(Submission::script)
                .map(JobScript::id)
                .collect(Collectors.toSet());
    }

    List<String> violations() {
        for (Cell cell : Matches.cells(history)) {
            if (holding.contains(cell.name().job())) {
                checkAttempts(cell);
                checkCalls(matches.of(cell.name()));
            } else if (cell.status().equals("unknown")) {
                violations.add("4: " + cell.name() + " is unknown, though its job does not hold");
            }
        }
        return violations;
    }

    /** Checks what the service has recorded. What is still running is asked for again within the retry that included it. */
    private void checkAttempts(Cell cell) {
        for (Attempt attempt : cell.attempts()) {
            if (attempt.newlyUnknown() && attempt.times() > 1) {
                violations.add("4: attempt %d of %s, of unknown outcome, was made %d times in one run"
                        .formatted(attempt.number(), cell.name(), attempt.times()));
            }
        }
        for (int n = 1; n < cell.attempts().size(); n++) {
            Attempt before = cell.attempts().get(n - 1);
            Attempt next = cell.attempts().get(n);
            boolean waits = before.stillRunning() && isIncluded(cell.name().job(), next.start());
            if (before.unknown() && !waits && !askedFor(cell.name().job(), before.start(), next.start())) {
                violations.add("4: attempt %d of %s followed one of unknown outcome, and nobody asked for it"
                        .formatted(next.number(), cell.name()));
            }
        }
    }

    /** Checks what the provider has seen, whatever the service has recorded. */
    private void checkCalls(List<Match> calls) {
        for (int later = 1; later < calls.size(); later++) {
            Match next = calls.get(later);
            if (next.late()) {
                continue; // The check before this call was right when it was made; see Matches.
            }
            for (Match before : calls.subList(0, later)) {
                Instant start = next.call().start();
                if (!isKnown(before, next, calls)
                        && !askedFor(next.call().cell().job(), before.call().start(), start)) {
                    violations.add(
                            "4: call %d to %s began while the outcome of call %d was not known, and nobody asked for it"
                                    .formatted(
                                            next.call().n(),
                                            next.call().cell(),
                                            before.call().n()));
                }
            }
        }
    }

    /**
     * Whether the runner that made a call can have known the end of an earlier one. After a call whose end was not seen a
     * {@code 409} says that it is still going on: the run that is told so asks again, or one that has taken the same retry
     * over, and no other, unless another end has followed.
     */
    private boolean isKnown(Match before, Match next, List<Match> calls) {
        Instant start = next.call().start();
        if (!before.call().knownBefore(start)) {
            return false;
        }
        return before.call().told() != Told.CONFLICT
                || isIncluded(next.call().cell().job(), start)
                || !followsUnknown(before.call(), calls)
                || isFollowed(before.call(), start, calls);
    }

    private static boolean followsUnknown(Call conflict, List<Match> calls) {
        return calls.stream()
                .map(Match::call)
                .filter(call -> call.key().equals(conflict.key()))
                .anyMatch(call -> call.start().isBefore(conflict.start()) && !call.knownBefore(conflict.start()));
    }

    private static boolean isFollowed(Call conflict, Instant until, List<Match> calls) {
        return calls.stream()
                .map(Match::call)
                .filter(call -> call.start().isAfter(conflict.start()) && call.told() != Told.CONFLICT)
                .anyMatch(call -> call.knownBefore(until));
    }

    /** Whether the job is, at that moment, within a retry that included its cells of unknown outcome. */
    private boolean isIncluded(String job, Instant moment) {
        Instant lastPlain = history.requests().stream()
                .filter(request ->
                        request.kind() == Request.Kind.RETRY && request.job().equals(job))
                .filter(request -> request.worked()
                        && !request.includeUnknown()
                        && request.sent().isBefore(moment))
                .map(Request::sent)
                .max(Comparator.naturalOrder())
                .orElse(Instant.MIN);
        return askedFor(job, lastPlain, moment);
    }

    private boolean askedFor(String job, Instant from, Instant to) {
        return history.requests().stream()
                .filter(request -> request.kind() == Request.Kind.RETRY && request.includeUnknown())
                .filter(request -> request.job().equals(job))
                .anyMatch(request -> request.mayHaveWorkedWithin(from, to.plus(CLOCKS)));
    }
}
