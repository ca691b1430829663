package io.projectbeacon.runner.support;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Prints after the tests which checks were skipped and why: a skipped check must not look like a passed one. */
public final class SkippedChecks implements TestExecutionListener {

    private final Set<String> reasons = new ConcurrentSkipListSet<>();

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        reasons.add(test.getDisplayName() + ": " + reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            String reason = result.getThrowable()
                    .flatMap(why -> Optional.ofNullable(why.getMessage()))
                    .orElse("no reason given");
            reasons.add(
                    test.getDisplayName() + ": " + reason.lines().findFirst().orElse(reason));
        }
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        if (!reasons.isEmpty()) {
            System.out.println("Checks that were skipped:");
            new TreeSet<>(reasons).forEach(reason -> System.out.println("  " + reason));
        }
    }
}
