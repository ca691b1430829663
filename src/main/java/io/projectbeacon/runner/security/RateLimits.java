package io.projectbeacon.runner.security;

import io.github.bucket4j.TimeMeter;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.security.RateLimitProperties.Limit;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Counts requests, in this replica's memory: a count that replicas shared would cost each request a way to Redis, and
 * would be gone with it. What comes without a valid key is counted by its address, and never against a caller.
 */
@Component
public class RateLimits {

    /** An IPv6 network of this many bytes is one client's: it has all addresses in there to itself. */
    private static final int NETWORK = 8;

    private final RateLimitProperties properties;
    private final Buckets callers;
    private final Buckets addresses;

    RateLimits(RateLimitProperties properties, ObjectProvider<TimeMeter> time) {
        TimeMeter meter = time.getIfAvailable(() -> TimeMeter.SYSTEM_NANOTIME);
        this.properties = properties;
        this.callers = new Buckets(meter);
        this.addresses = new Buckets(meter);
    }

    /** A change that is not made. */
    public record Refused(String detail, int retryAfter) {}

    /** Counts an item of a batch, whose first one the request stands for. */
    public Optional<Refused> countItem(Caller caller) {
        return count(caller, RequestKind.CHANGES)
                .filter(counted -> !counted.isWithin())
                .map(counted -> new Refused(counted.refusal(), counted.retryAfter()));
    }

    /** Empty where there is no limit. */
    Optional<Counted> count(Caller caller, RequestKind kind) {
        return properties
                .ofCaller(caller.name(), kind)
                .map(limit -> count(callers, caller.name(), kind, limit, "the caller " + caller.name()));
    }

    /** The same for a request that has no valid key. */
    Optional<Counted> count(String address, RequestKind kind) {
        return properties
                .ofEach(kind)
                .map(limit -> count(addresses, network(address), kind, limit, "this address without a valid key"));
    }

    private static Counted count(Buckets buckets, String name, RequestKind kind, Limit limit, String whose) {
        return new Counted(
                kind, limit, buckets.of(name, kind, limit.requests()).tryConsumeAndReturnRemaining(1), whose);
    }

    private static String network(String address) {
        try {
            InetAddress parsed = InetAddress.ofLiteral(address);
            byte[] bytes = parsed.getAddress();
            return HexFormat.of().formatHex(parsed instanceof Inet6Address ? Arrays.copyOf(bytes, NETWORK) : bytes);
        } catch (IllegalArgumentException none) {
            return ""; // What a proxy says instead of an address is one client, so that its length does no harm.
        }
    }
}
