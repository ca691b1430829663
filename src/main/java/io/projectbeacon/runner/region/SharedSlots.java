package io.projectbeacon.runner.region;

import io.projectbeacon.runner.redis.Answer;
import io.projectbeacon.runner.redis.ScriptCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.dao.DataAccessException;
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
    private static final String RENEW = """
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
            """;

    private static final String GIVE_BACK = """
            for i = 1, #ARGV do
              redis.call('ZREM', KEYS[1], ARGV[i])
            end
            return 0
            """;

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

    /**
     * Renews the slots of all regions in one round trip.
     *
     * @return the regions that Redis refused, each with the reason
     */
    Map<String, DataAccessException> renew(Map<String, ? extends Collection<String>> tokens) {
        return forEachRegion(RENEW, List.of(millis()), tokens);
    }

    /**
     * Gives slots back, in one round trip. A slot that has expired already is no error.
     *
     * @return the regions that Redis refused, each with the reason
     */
    Map<String, DataAccessException> giveBack(Map<String, ? extends Collection<String>> tokens) {
        return forEachRegion(GIVE_BACK, List.of(), tokens);
    }

    private Map<String, DataAccessException> forEachRegion(
            String script, List<String> first, Map<String, ? extends Collection<String>> tokens) {
        List<String> regions = new ArrayList<>();
        List<ScriptCalls.Call> calls = new ArrayList<>();
        tokens.forEach((region, some) -> {
            if (!some.isEmpty()) {
                List<String> arguments = new ArrayList<>(first);
                arguments.addAll(some);
                regions.add(region);
                calls.add(new ScriptCalls.Call(key(region), arguments));
            }
        });
        List<Answer> answers = ScriptCalls.run(redis, script, calls);
        Map<String, DataAccessException> refused = new HashMap<>();
        for (int i = 0; i < regions.size(); i++) {
            if (answers.get(i) instanceof Answer.Refused refusal) {
                refused.put(regions.get(i), refusal.why());
            }
        }
        return refused;
    }

    private String millis() {
        return Long.toString(ttl.toMillis());
    }

    static String key(String region) {
        return "beacon:limit:region:" + region;
    }

    /*
     * In a cluster the keys of a script must have one hash slot. The part in braces decides which, so this key has that
     * of the region's own key.
     */
    private static String beside(String region, String what) {
        return "{" + key(region) + "}:" + what;
    }
}
