package io.projectbeacon.runner.chaos;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/** What the chaos provider remembers by idempotency key: that a call is going on, or how it ended. */
final class KeyMemory {

    /** How a call ended. */
    record Ended(Generation generation, Reply reply) {}

    /**
     * What a request finds.
     *
     * @param ending how the call ends, or has ended
     * @param first whether this request is the one that begins it
     */
    record Found(Future<Ended> ending, boolean first) {}

    private final Map<String, CompletableFuture<Ended>> calls = new ConcurrentHashMap<>();

    /** Of all that ask under one key, one finds that it is the first; it must {@link #end} the call. */
    Found ask(String key) {
        AtomicBoolean first = new AtomicBoolean();
        CompletableFuture<Ended> ending = calls.computeIfAbsent(key, absent -> {
            first.set(true);
            return new CompletableFuture<>();
        });
        return new Found(ending, first.get());
    }

    void end(String key, Ended how) {
        calls.get(key).complete(how);
    }
}
