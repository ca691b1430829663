package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Cell;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.Matches.Match;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rule 7: at a provider that honours keys the model is run once. A run is one that ended in success, whatever its front
 * has said. A verdict is what the front has told, be it wrong.
 */
final class RunRules {

    private static final int FAILED = 500;

    private final History history;
    private final Matches matches;
    private final List<String> violations = new ArrayList<>();

    RunRules(History history, Matches matches) {
        this.history = history;
        this.matches = matches;
    }

    List<String> violations() {
        checkTags();
        checkOneRunAKey();
        for (Cell cell : Matches.cells(history)) {
            Map<Integer, List<Match>> byQuestion = new HashMap<>();
            for (Match match : matches.of(cell.name())) {
                byQuestion
                        .computeIfAbsent(match.call().question(), first -> new ArrayList<>())
                        .add(match);
            }
            byQuestion.values().forEach(this::checkQuestion);
        }
        return violations;
    }

    /** All keys of a job have the same tag, or none, and no two jobs have one in common. */
    private void checkTags() {
        Map<String, Optional<String>> tags = new HashMap<>();
        Set<String> taken = new HashSet<>();
        for (Call call : history.calls()) {
            Optional<String> tag = Optional.ofNullable(call.key().tag());
            String job = call.cell().job();
            Optional<String> known = tags.putIfAbsent(job, tag);
            if (known == null ? tag.isPresent() && !taken.add(tag.get()) : !known.equals(tag)) {
                violations.add("7: the key %s of call %d has not the tag of its job alone"
                        .formatted(call.key().text(), call.n()));
            }
        }
    }

    private void checkOneRunAKey() {
        Map<Key, Call> runs = new HashMap<>();
        for (Call call : history.calls()) {
            Call first = call.ran() ? runs.putIfAbsent(call.key(), call) : null;
            if (first != null) {
                violations.add("7: the key %s was run twice, by calls %d and %d"
                        .formatted(call.key().text(), first.n(), call.n()));
            }
        }
    }

    private void checkQuestion(List<Match> calls) {
        checkRuns(calls);
        for (int later = 0; later < calls.size(); later++) {
            checkKey(calls.get(later), calls.subList(0, later));
        }
    }

    /** Between two runs of a question a verdict was told, or a person asked for new keys. */
    private void checkRuns(List<Match> calls) {
        Call before = null;
        for (Match match : calls) {
            Call run = match.call();
            if (!run.ran()) {
                continue;
            }
            if (before != null && !verdictBetween(before, run, calls) && newKeys(run, before.start()) == 0) {
                violations.add(
                        "7: question %d of %s was run by call %d and again by call %d, and no verdict lies between"
                                .formatted(run.question(), run.cell(), before.n(), run.n()));
            }
            before = run;
        }
    }

    private static boolean verdictBetween(Call one, Call other, List<Match> calls) {
        return calls.stream()
                .map(Match::call)
                .filter(call -> call.end() != null && !call.end().isBefore(one.start()))
                .anyMatch(call -> call.condemnedBefore(other.start()));
    }

    /** The first key of a question is its plain one, and each further one follows a verdict under the one before. */
    private void checkKey(Match next, List<Match> earlier) {
        int highest = 0;
        for (Match before : earlier) {
            int allowed = before.call().key().givenUp() + (mayBeGivenUp(before, next, earlier) ? 1 : 0);
            highest = Math.max(highest, allowed);
        }
        Call call = next.call();
        if (call.key().givenUp() > highest + newKeys(call, Instant.MIN)) {
            violations.add("7: call %d has the key %s, and no verdict was told under the key before"
                    .formatted(call.n(), call.key().text()));
        }
    }

    /**
     * Whether a key can be given up for what was told to this call. A plain {@code 500} after a call whose end was not
     * seen may come from a gateway while that call goes on, so it is a verdict only for later runs.
     */
    private static boolean mayBeGivenUp(Match told, Match next, List<Match> calls) {
        Call call = told.call();
        if (!call.condemnedBefore(next.call().start())) {
            return false;
        }
        boolean doubtful = call.status() == FAILED
                && !call.replayed()
                && calls.stream()
                        .map(Match::call)
                        .filter(other -> other.key().equals(call.key()))
                        .anyMatch(other -> other.start().isBefore(call.start()) && !other.knownBefore(call.start()));
        return !doubtful || next.attempt().fence() > told.attempt().fence();
    }

    private long newKeys(Call before, Instant from) {
        return history.requests().stream()
                .filter(request -> request.kind() == Request.Kind.RETRY && request.newKeys())
                .filter(request -> request.job().equals(before.cell().job()))
                .filter(request -> request.mayHaveWorkedWithin(from, before.start()))
                .count();
    }
}
