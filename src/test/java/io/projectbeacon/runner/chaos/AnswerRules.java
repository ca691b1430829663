package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Answer;
import io.projectbeacon.runner.chaos.History.Attempt;
import io.projectbeacon.runner.chaos.History.Cell;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.History.Submission;
import io.projectbeacon.runner.chaos.Matches.Match;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Rule 6: a cell's status agrees with its answers, which are exactly what the provider gave to that cell. */
final class AnswerRules {

    private final History history;
    private final Matches matches;
    private final List<String> violations = new ArrayList<>();

    AnswerRules(History history, Matches matches) {
        this.history = history;
        this.matches = matches;
    }

    List<String> violations() {
        Map<String, JobScript> scripts = history.submissions().stream()
                .map(Submission::script)
                .collect(Collectors.toMap(JobScript::id, Function.identity()));
        for (Cell cell : Matches.cells(history)) {
            JobScript script = scripts.get(cell.name().job());
            if (script != null) {
                checkAnswers(script, cell);
                checkStatus(script, cell);
            }
        }
        return violations;
    }

    private void checkAnswers(JobScript script, Cell cell) {
        int asked = script.questions().size();
        int answered = cell.answers().size();
        if (cell.status().equals("completed") ? answered != asked : answered > asked) {
            violations.add("6: %s is %s with %d of %d answers".formatted(cell.name(), cell.status(), answered, asked));
            return;
        }
        for (int question = 0; question < answered; question++) {
            Answer answer = cell.answers().get(question);
            if (!answer.question().equals(script.questions().get(question))) {
                violations.add("6: answer %d of %s is to '%s'".formatted(question, cell.name(), answer.question()));
            }
            if (!given(matches.of(cell.name()), question, answer.response())) {
                violations.add("6: the provider never gave %s the answer '%s' to question %d"
                        .formatted(cell.name(), answer.response(), question));
            }
        }
    }

    private static boolean given(List<Match> calls, int question, String response) {
        return calls.stream()
                .map(Match::call)
                .filter(call -> call.question() == question && !call.clientGone())
                .anyMatch(call -> response.equals(call.answer()));
    }

    private void checkStatus(JobScript script, Cell cell) {
        if (cell.attempts().isEmpty()) {
            violations.add("6: " + cell.name() + " has no attempt");
            return;
        }
        Attempt last = cell.attempts().getLast();
        if (cell.status().equals("completed") != last.outcome().equals("completed")) {
            violations.add("6: %s is %s, its latest attempt %s".formatted(cell.name(), cell.status(), last.outcome()));
        }
        if (cell.status().equals("completed") && !script.hold()) {
            checkNotCompletedAfterACancel(cell, last);
        }
    }

    /** Under {@code rerun} a cancelled cell stays cancelled: a late answer does not complete it. */
    private void checkNotCompletedAfterACancel(Cell cell, Attempt last) {
        for (Request cancel : history.requests()) {
            Instant answered = cancel.answered();
            if (cancel.kind() == Request.Kind.CANCEL
                    && cancel.job().equals(cell.name().job())
                    && cancel.worked()
                    && answered != null
                    && last.start().isBefore(cancel.sent())
                    && last.end() != null
                    && last.end().isAfter(answered)) {
                violations.add("6: %s was completed at %s by an attempt that was cancelled at %s"
                        .formatted(cell.name(), last.end(), answered));
            }
        }
    }
}
