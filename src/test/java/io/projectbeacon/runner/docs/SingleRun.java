package io.projectbeacon.runner.docs;

import java.io.PrintWriter;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import org.junit.platform.launcher.listeners.TestExecutionSummary.Failure;

/** Runs one test in a process of its own, for {@link MutationRun}. */
final class SingleRun {

    static final int GREEN = 0;
    /** Each failure is an assertion, or an awaited condition that was not met in time. */
    static final int RED = 10;

    static final int BROKEN = 11;

    private SingleRun() {}

    /** @param args the test's class with its room, and its method */
    public static void main(String[] args) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(NamedMethods.of(args[0], args[1]))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        TestExecutionSummary summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out), 5);
        System.exit(verdict(summary));
    }

    private static int verdict(TestExecutionSummary summary) {
        if (summary.getTestsStartedCount() == 0) {
            return BROKEN;
        }
        if (summary.getFailures().isEmpty()) {
            return GREEN;
        }
        return summary.getFailures().stream().map(Failure::getException).allMatch(SingleRun::isAssertion)
                ? RED
                : BROKEN;
    }

    private static boolean isAssertion(Throwable failure) {
        return failure instanceof AssertionError || failure instanceof ConditionTimeoutException;
    }
}
