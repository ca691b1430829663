package io.projectbeacon.runner.region;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.projectbeacon.runner.logs.SparingLog;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A region's circuit breaker.
 *
 * <p>A call's end counts only in the state that let the call begin. Calls may take minutes: those that were under way
 * when the breaker opened would otherwise be taken for the trial calls, and their time-outs would open the breaker
 * again for a region that has recovered. So each change of state begins a new era, and one lock keeps state and era in
 * step; if a trial call had the wrong era, its end would never count and the trial would never be over.
 */
public final class RegionBreaker {

    private static final Logger log = LoggerFactory.getLogger(RegionBreaker.class);

    /** A breaker that opens again and again is one line a minute. */
    private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

    /** What a call's end says about the region. */
    public enum Verdict {
        WORKS,
        FAILS,
        NOTHING
    }

    /**
     * The permission to begin one call.
     *
     * @param era the breaker's era when the call began
     */
    public record Permission(long era) {}

    private final String region;
    private final BreakerProperties properties;
    private final Ticker ticker;
    private final CircuitBreaker breaker;
    private long era;
    private long openedAt;
    private long failingSince;
    private final SparingLog lines;
    private boolean told;

    RegionBreaker(String region, BreakerProperties properties, Ticker ticker) {
        this.region = region;
        this.properties = properties;
        this.ticker = ticker;
        this.lines = new SparingLog(BETWEEN_LINES, ticker::nanos);
        this.breaker = CircuitBreaker.of(
                region,
                CircuitBreakerConfig.custom()
                        .failureRateThreshold(properties.failureRate())
                        .slidingWindowType(SlidingWindowType.COUNT_BASED)
                        .slidingWindowSize(properties.window())
                        .minimumNumberOfCalls(properties.window())
                        .waitDurationInOpenState(properties.openFor())
                        .permittedNumberOfCallsInHalfOpenState(properties.trialCalls())
                        .recordResult(verdict -> verdict == Verdict.FAILS)
                        .clock(new TickerClock(ticker))
                        .build());
        breaker.getEventPublisher().onStateTransition(event -> changed(event.getStateTransition()));
    }

    /** A permission that must be {@link #ended} in any case, or empty while no call may be sent to the region. */
    public synchronized Optional<Permission> tryAcquire() {
        return breaker.tryAcquirePermission() ? Optional.of(new Permission(era)) : Optional.empty();
    }

    public synchronized void ended(Permission permission, Verdict verdict) {
        if (permission.era() != era) {
            return;
        }
        switch (verdict) {
            // No duration is given: the call's time-out alone decides how slow a model may be.
            case WORKS, FAILS -> breaker.onResult(0, TimeUnit.NANOSECONDS, verdict);
            case NOTHING -> breaker.releasePermission();
        }
    }

    /** How long until a trial call may be sent; while trial calls are under way, how long after their failure. */
    public synchronized Duration untilTrial() {
        if (breaker.getState() != State.OPEN) {
            return properties.openFor();
        }
        Duration left = properties.openFor().minusNanos(ticker.nanos() - openedAt);
        // The breaker lets a trial call through only after the time has passed, not when it is just over.
        return left.isNegative() ? Duration.ofMillis(1) : left.plusMillis(1);
    }

    /** The time in which no call is sent at all; empty while calls, or trial calls, are let through. */
    synchronized Optional<Closure> closure() {
        long now = ticker.nanos();
        Duration left = properties.openFor().minusNanos(now - openedAt);
        return breaker.getState() == State.OPEN && left.isPositive()
                ? Optional.of(new Closure(openedAt, left, Duration.ofNanos(now - failingSince)))
                : Optional.empty();
    }

    /** Whether the breaker is open or half-open: no call is sent, but for trial calls. */
    boolean isOpen() {
        return breaker.getState() != State.CLOSED;
    }

    private void changed(StateTransition transition) {
        era++;
        switch (transition.getToState()) {
            case OPEN -> {
                openedAt = ticker.nanos();
                if (transition.getFromState() == State.CLOSED) {
                    failingSince = openedAt;
                }
                told |= lines.line(
                        properties.openFor().compareTo(BETWEEN_LINES) > 0,
                        before -> log.atWarn()
                                .addKeyValue("region", region)
                                .addKeyValue("also_before", before)
                                .log(
                                        "{}; no call is sent to the region for {}, then {} trial call(s) decide",
                                        transition.getFromState() == State.CLOSED
                                                ? properties.failureRate() + " % or more of the last "
                                                        + properties.window() + " calls failed"
                                                : "The trial calls failed",
                                        properties.openFor(),
                                        properties.trialCalls()));
            }
            case CLOSED -> {
                if (told) {
                    told = false;
                    log.atInfo()
                            .addKeyValue("region", region)
                            .log("The trial calls succeeded; calls are sent to the region as before");
                }
            }
            default -> log.atDebug().addKeyValue("region", region).log("Trial calls are let through");
        }
    }
}
