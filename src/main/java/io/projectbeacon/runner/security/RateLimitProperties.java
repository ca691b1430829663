package io.projectbeacon.runner.security;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Positive;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.rate-limit}: how many requests one caller may make in a minute, on each replica.
 *
 * @param changes what is submitted, retried, cancelled and erased, each item of a batch too; not limited when unset
 * @param reads what is read below {@code /api}; not limited when unset
 * @param callers the same of some callers, by name, in place of these
 */
@Validated
@ConfigurationProperties("beacon.rate-limit")
record RateLimitProperties(
        @Nullable @Positive Integer changes,
        @Nullable @Positive Integer reads,
        @DefaultValue Map<String, @Valid CallerRates> callers) {

    private static final String PREFIX = "beacon.rate-limit.";

    /** Of one caller. */
    record CallerRates(
            @Nullable @Positive Integer changes,
            @Nullable @Positive Integer reads) {}

    /**
     * A limit, and where it is set.
     *
     * @param requests in a minute
     * @param property its name
     */
    record Limit(int requests, String property) {}

    Optional<Limit> ofCaller(String caller, RequestKind kind) {
        CallerRates own = callers.get(caller);
        Integer requests = own == null ? null : kind == RequestKind.READS ? own.reads() : own.changes();
        return requests == null
                ? ofEach(kind)
                : Optional.of(new Limit(requests, PREFIX + "callers." + caller + "." + kind.wireName()));
    }

    /** Of each caller that has none of its own, and of each address that requests without a valid key come from. */
    Optional<Limit> ofEach(RequestKind kind) {
        return Optional.ofNullable(kind == RequestKind.READS ? reads : changes)
                .map(requests -> new Limit(requests, PREFIX + kind.wireName()));
    }
}
