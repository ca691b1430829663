package io.projectbeacon.runner.chaos;

import java.util.ArrayList;
import java.util.List;

/**
 * The judge: holds what was promised against what was seen. It knows the contract, and nothing of the service's code.
 *
 * <ol>
 *   <li>every acknowledged job reached a final status, and no cell is missing;
 *   <li>no call begins after the answer to its question was stored, but for a pause between check and send;
 *   <li>every call belongs to one recorded attempt, which calls at most once a question, and each success beyond a
 *       question's first is accounted for;
 *   <li>with {@code hold}, nothing is called while the outcome of an earlier call is not known, unless a person asked;
 *   <li>counters, ledger and API tell one story;
 *   <li>statuses agree with the answers, which are exactly what the provider gave.
 * </ol>
 */
final class Checker {

    private Checker() {}

    /** What is wrong, each beginning with the number of what it breaks; empty when all is well. */
    static List<String> violations(History history) {
        Matches matches = Matches.of(history);
        List<String> violations = new ArrayList<>();
        violations.addAll(new JobRules(history).violations());
        violations.addAll(matches.strays());
        violations.addAll(new CallRules(history, matches).violations());
        violations.addAll(new HoldRules(history, matches).violations());
        violations.addAll(new AccountRules(history, matches).violations());
        violations.addAll(new AnswerRules(history, matches).violations());
        return violations;
    }
}
