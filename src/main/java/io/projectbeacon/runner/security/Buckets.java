package io.projectbeacon.runner.security;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.LinkedHashMap;

/**
 * The buckets of those that have asked lately. There may be more addresses than memory: the bucket that was not used for
 * longest is given up for a new one, and its owner begins with a full one.
 */
final class Buckets {

    static final int MOST = 10_000;
    static final Duration WINDOW = Duration.ofMinutes(1);

    private record Owner(String name, RequestKind kind) {}

    private final LinkedHashMap<Owner, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true);
    private final TimeMeter time;

    Buckets(TimeMeter time) {
        this.time = time;
    }

    synchronized Bucket of(String name, RequestKind kind, int requests) {
        Bucket bucket = buckets.computeIfAbsent(new Owner(name, kind), owner -> full(requests));
        if (buckets.size() > MOST) {
            buckets.pollFirstEntry();
        }
        return bucket;
    }

    /** Filled little by little, so that those who are refused do not all come back in the same instant. */
    private Bucket full(int requests) {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(requests).refillGreedy(requests, WINDOW))
                .withCustomTimePrecision(time)
                .build();
    }
}
