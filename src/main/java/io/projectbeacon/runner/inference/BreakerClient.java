package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.region.Refusal;
import io.projectbeacon.runner.region.Refusal.Reason;
import io.projectbeacon.runner.region.RegionBreaker;
import io.projectbeacon.runner.region.RegionBreaker.Permission;
import io.projectbeacon.runner.region.RegionBreaker.Verdict;
import io.projectbeacon.runner.region.RegionBreakers;
import io.projectbeacon.runner.region.RegionPace;
import io.projectbeacon.runner.region.RegionPauses;
import io.projectbeacon.runner.region.Regions;
import java.time.Duration;
import java.util.Optional;

/**
 * Wraps the provider's client: sends nothing to a region that keeps failing or is paused, and tells the region's pace which calls
 * were refused. A region does not affect the others.
 */
final class BreakerClient implements InferenceClient {

    private final InferenceClient provider;
    private final RegionPace pace;
    private final RegionPauses pauses;
    private final BeaconMetrics metrics;
    private final RegionBreakers breakers;

    BreakerClient(
            InferenceClient provider,
            Regions regions,
            RegionPace pace,
            RegionPauses pauses,
            RegionBreakers breakers,
            BeaconMetrics metrics) {
        this.provider = provider;
        this.pace = pace;
        this.pauses = pauses;
        this.breakers = breakers;
        this.metrics = metrics;
        for (String region : regions.names()) {
            for (Refusal.Reason reason : Refusal.Reason.values()) {
                metrics.registerThrottling(region, reason.wireName(), pace, p -> seconds(p.paused(region, reason)));
            }
        }
    }

    @Override
    public InferenceResult infer(InferenceRequest request) throws InterruptedException {
        RegionBreaker breaker = breakers.of(request.region());
        if (breaker == null) {
            // A region that is not configured any more: the provider's client says so, and nothing is sent.
            return provider.infer(request);
        }
        if (!pauses.letsCallsBegin(request.region())) {
            return RetryableFailure.paused();
        }
        Optional<Permission> permission = breaker.tryAcquire();
        if (permission.isEmpty()) {
            return RetryableFailure.notSent(
                    "region_unavailable", "too many of the last calls to the region failed", breaker.untilTrial());
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
            // A key in use is an earlier call's, which says nothing about the region; nor does a call that was not
            // begun.
            case RetryableFailure failure ->
                failure.throttled() || failure.keyInUse() || failure.isPaused() ? Verdict.NOTHING : Verdict.FAILS;
            case UnknownOutcome unknown -> Verdict.FAILS;
        };
    }

    /** The refusal that a failure is, if it speaks for the whole region and not for this call alone. */
    private static Optional<Refusal> refusal(RetryableFailure failure) {
        Integer status = failure.httpStatus();
        if (status == null) {
            return Optional.empty();
        }
        Reason reason = switch (status) {
            case 402 -> Reason.QUOTA;
            case 429 -> failure.code().equals(RetryableFailure.OUT_OF_QUOTA) ? Reason.QUOTA : Reason.RATE_LIMIT;
            case 529 -> Reason.OVERLOADED;
            // One model that is not there is no reason to stop the others, unless the provider asks to wait.
            case 503 -> failure.retryAfter() == null ? null : Reason.OVERLOADED;
            default -> null;
        };
        return Optional.ofNullable(reason).map(why -> new Refusal(why, failure.retryAfter(), failure.message()));
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }

    private void tellPace(String region, long begun, InferenceResult result) {
        switch (result) {
            case Answer answer -> pace.accepted(region, begun);
            case FinalFailure refused -> pace.accepted(region, begun);
            case RetryableFailure failure ->
                refusal(failure).ifPresent(refusal -> {
                    metrics.regionThrottled(region);
                    pace.refused(region, begun, refusal);
                });
            // Neither this nor an unthrottled failure says whether the provider would have taken more calls.
            case UnknownOutcome unknown -> {}
        }
    }
}
