package io.projectbeacon.runner.region;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.ReturnType;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.DefaultRedisScript;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * The slots of a region that all runners share, in Redis: {@code beacon:limit:region:<name>} holds a random token for
 * each slot that is taken, with the time at which it expires by Redis's own clock. The slots of a runner that dies
 * become free because they are no longer renewed.
 *
 * <p>A runner that finds no slot queues in {@code …:waiting}: a free slot goes to the runner that has waited longest.
 * Without this, the runner whose call has just ended would be the first to see the slot, each time, and others would
 * never get one. A runner that has not asked for a while (in {@code …:asked}) loses its place in the queue.
 *
 * <p>Every method throws {@link DataAccessException} when Redis cannot be asked.
 */
public final class SharedSlots {

    /** How long a runner keeps its place in the queue without asking again. */
    private static final int PATIENCE_MILLIS = 1000;

    private static final RedisScript<Long> TAKE = new DefaultRedisScript<>("""
            local total, taken, ttl = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
            local token, runner, patience = ARGV[4], ARGV[5], tonumber(ARGV[6])
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
            for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - patience)) do
              redis.call('ZREM', KEYS[2], gone)
              redis.call('ZREM', KEYS[3], gone)
            end
            -- The slots that the runner has taken count even if Redis has lost them.
            local free = total - math.max(redis.call('ZCARD', KEYS[1]), taken)
            local ahead = redis.call('ZRANK', KEYS[2], runner) or redis.call('ZCARD', KEYS[2])
            -- An answer may have been lost: the token is there already.
            if ahead < free or redis.call('ZSCORE', KEYS[1], token) then
              redis.call('ZADD', KEYS[1], now + ttl, token)
              redis.call('ZREM', KEYS[2], runner)
              redis.call('ZREM', KEYS[3], runner)
              if redis.call('PTTL', KEYS[1]) < ttl then
                redis.call('PEXPIRE', KEYS[1], ttl)
              end
              return 1
            end
            redis.call('ZADD', KEYS[2], 'NX', now, runner)
            redis.call('ZADD', KEYS[3], now, runner)
            redis.call('PEXPIRE', KEYS[2], patience * 2)
            redis.call('PEXPIRE', KEYS[3], patience * 2)
            return 0
            """, Long.class);

    /* A missing slot is set again: the call is under way, whether Redis knows it or not. */
    private static final byte[] RENEW = bytes("""
            local ttl = tonumber(ARGV[1])
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            for i = 2, #ARGV do
              redis.call('ZADD', KEYS[1], now + ttl, ARGV[i])
            end
            if redis.call('PTTL', KEYS[1]) < ttl then
              redis.call('PEXPIRE', KEYS[1], ttl)
            end
            return 0
            """);

    private final StringRedisTemplate redis;
    private final Duration ttl;
    private final String runner = UUID.randomUUID().toString();

    /** @param ttl how long a slot stays taken after its last renewal */
    public SharedSlots(StringRedisTemplate redis, Duration ttl) {
        this.redis = redis;
        this.ttl = ttl;
    }

    /** How often slots are to be renewed. */
    Duration renewalInterval() {
        return ttl.dividedBy(3);
    }

    /**
     * Takes a slot of the region under this token, if one is free and no runner has waited longer.
     *
     * @param total how many slots there are
     * @param takenHere how many this runner has taken
     */
    boolean take(String region, int total, int takenHere, String token) {
        Long taken = redis.execute(
                TAKE,
                List.of(key(region), beside(region, "waiting"), beside(region, "asked")),
                Integer.toString(total),
                Integer.toString(takenHere),
                millis(),
                token,
                runner,
                Integer.toString(PATIENCE_MILLIS));
        return taken != null && taken == 1;
    }

    /** Renews the slots of all regions in one round trip. */
    void renew(Map<String, ? extends Collection<String>> tokens) {
        forEachRegion(tokens, (connection, region, taken) -> {
            byte[][] keyAndArguments = new byte[taken.size() + 2][];
            int i = 0;
            keyAndArguments[i++] = bytes(key(region));
            keyAndArguments[i++] = bytes(millis());
            for (String token : taken) {
                keyAndArguments[i++] = bytes(token);
            }
            connection.scriptingCommands().eval(RENEW, ReturnType.INTEGER, 1, keyAndArguments);
        });
    }

    /** Gives slots back, in one round trip. A slot that has expired already is no error. */
    void giveBack(Map<String, ? extends Collection<String>> tokens) {
        forEachRegion(
                tokens,
                (connection, region, given) -> connection
                        .zSetCommands()
                        .zRem(
                                bytes(key(region)),
                                given.stream().map(SharedSlots::bytes).toArray(byte[][]::new)));
    }

    private interface Step {
        void on(RedisConnection connection, String region, List<String> tokens);
    }

    private void forEachRegion(Map<String, ? extends Collection<String>> tokens, Step step) {
        if (tokens.values().stream().allMatch(Collection::isEmpty)) {
            return;
        }
        redis.executePipelined((RedisCallback<@Nullable Object>) connection -> {
            tokens.forEach((region, some) -> {
                List<String> now = List.copyOf(some);
                if (!now.isEmpty()) {
                    step.on(connection, region, now);
                }
            });
            return null;
        });
    }

    private String millis() {
        return Long.toString(ttl.toMillis());
    }

    private static String key(String region) {
        return "beacon:limit:region:" + region;
    }

    /*
     * In a cluster the keys of a script must have one hash slot. The part in braces decides which, so this key has that
     * of the region's own key.
     */
    private static String beside(String region, String what) {
        return "{" + key(region) + "}:" + what;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
