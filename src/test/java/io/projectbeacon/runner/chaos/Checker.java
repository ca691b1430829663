package io.projectbeacon.runner.chaos;

import java.util.ArrayList;
import java.util.List;

/**
 * Compares what was promised with what was seen. It knows the contract, and none of the service's code.
 *
 * <ol>
 *   <li>every acknowledged job reached a final status, and no cell is missing;
 *   <li>no call begins after the answer to its question was stored, except after a pause between check and send;
 *   <li>every call belongs to one recorded attempt, which asks each question at most once, and each run of the model beyond
 *       a question's first is accounted for;
 *   <li>with {@code hold}, no cell is called while the outcome of its earlier call is unknown, unless a client asked;
 *   <li>counters, ledger and API agree;
 *   <li>statuses agree with the answers, which are exactly what the provider gave;
 *   <li>a key is given up only when a verdict was told under it, or a person wants new ones: no key has two runs, and no
 *       question two unless a verdict lies between.
 * </ol>
 */
final class Checker {

    private Checker() {}

    /** The violations, each beginning with the number of the broken rule; empty when there are none. */
    static List<String> violations(History history) {
        Matches matches = Matches.of(history);
        List<String> violations = new ArrayList<>();
        violations.addAll(new JobRules(history).violations());
        violations.addAll(matches.strays());
        violations.addAll(new CallRules(history, matches).violations());
        violations.addAll(new RunRules(history, matches).violations());
        violations.addAll(new HoldRules(history, matches).violations());
        violations.addAll(new AccountRules(history, matches).violations());
        violations.addAll(new AnswerRules(history, matches).violations());
        return violations;
    }
}
