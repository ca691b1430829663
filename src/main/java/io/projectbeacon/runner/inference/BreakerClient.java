package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.region.RegionBreaker;
import io.projectbeacon.runner.region.RegionBreaker.Permission;
import io.projectbeacon.runner.region.RegionBreaker.Verdict;
import io.projectbeacon.runner.region.RegionBreakers;
import io.projectbeacon.runner.region.RegionPace;
import io.projectbeacon.runner.region.Regions;
import java.util.Optional;
import java.util.Set;

/**
 * Wraps the provider's client: sends nothing to a region that keeps failing, and tells the region's pace which calls
 * were refused. A region does not affect the others.
 */
final class BreakerClient implements InferenceClient {

    private static final Set<Integer> BUSY_WITH_THE_KEY = Set.of(409, 423, 425);

    private final InferenceClient provider;
    private final RegionPace pace;
    private final BeaconMetrics metrics;
    private final RegionBreakers breakers;

    BreakerClient(
            InferenceClient provider,
            Regions regions,
            RegionPace pace,
            RegionBreakers breakers,
            BeaconMetrics metrics) {
        this.provider = provider;
        this.pace = pace;
        this.breakers = breakers;
        this.metrics = metrics;
        regions.names().forEach(metrics::registerThrottling);
    }

    @Override
    public InferenceResult infer(InferenceRequest request) throws InterruptedException {
        RegionBreaker breaker = breakers.of(request.region());
        if (breaker == null) {
            // A region that is not configured any more: the provider's client says so, and nothing is sent.
            return provider.infer(request);
        }
        Optional<Permission> permission = breaker.tryAcquire();
        if (permission.isEmpty()) {
            return new RetryableFailure(
                    "region_unavailable",
                    "not sent: too many of the last calls to the region failed",
                    null,
                    breaker.untilTrial());
        }
        long begun = pace.begin();
        // An interrupt says nothing about the region.
        Verdict verdict = Verdict.NOTHING;
        try {
            InferenceResult result = provider.infer(request);
            verdict = verdict(result);
            tellPace(request.region(), begun, result);
            return result;
        } catch (RuntimeException broken) {
            verdict = Verdict.FAILS;
            throw broken;
        } finally {
            breaker.ended(permission.get(), verdict);
        }
    }

    private static Verdict verdict(InferenceResult result) {
        return switch (result) {
            case Answer answer -> Verdict.WORKS;
            // The provider has read the call and refused its content, so the region works.
            case FinalFailure refused -> Verdict.WORKS;
            case RetryableFailure failure ->
                failure.throttled() || isBusyWithTheKey(failure) ? Verdict.NOTHING : Verdict.FAILS;
            case UnknownOutcome unknown -> Verdict.FAILS;
        };
    }

    /** The provider is at work on an earlier call under the same key, which says nothing about the region. */
    private static boolean isBusyWithTheKey(RetryableFailure failure) {
        return failure.httpStatus() != null && BUSY_WITH_THE_KEY.contains(failure.httpStatus());
    }

    private void tellPace(String region, long begun, InferenceResult result) {
        switch (result) {
            case Answer answer -> pace.accepted(region, begun);
            case FinalFailure refused -> pace.accepted(region, begun);
            case RetryableFailure failure -> {
                if (failure.throttled()) {
                    metrics.regionThrottled(region);
                    pace.refused(region, begun, failure.retryAfter());
                }
            }
            // Neither this nor an unthrottled failure says whether the provider would have taken more calls.
            case UnknownOutcome unknown -> {}
        }
    }
}
