package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.redis.Answer;
import io.projectbeacon.runner.redis.RefusedCommand;
import io.projectbeacon.runner.redis.ScriptCalls;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.config.FixedRateTask;
import org.springframework.scheduling.config.ScheduledTaskRegistrar;
import org.springframework.stereotype.Component;

/**
 * Does every few seconds what a job's lock does: sets a key with a TTL by the same script. So a Redis that answers and
 * refuses to write, or to run scripts, is as good as away, and health, gauge and alert say so.
 *
 * <p>A connection whose other end has vanished without a word stays open until TCP gives it up, which may take a
 * quarter of an hour. So a connection that does not answer in time is closed, and the next command opens a new one. The
 * same for a server that is a replica now: behind the same address there may be another by now.
 */
@Component
class RedisWatch implements SchedulingConfigurer {

    /** How Redis was a moment ago; the reason is empty where it is up. */
    record Look(boolean up, String reason) {}

    private static final Logger log = LoggerFactory.getLogger(RedisWatch.class);

    private static final Duration INTERVAL = Duration.ofSeconds(2);

    /** In a Cluster the keys lie on different servers: the more there are, the fewer servers are overlooked. */
    private static final int KEYS = 16;

    private final StringRedisTemplate redis;
    private final LettuceConnectionFactory connections;
    private final WakeUp wakeUp;
    private final List<ScriptCalls.Call> calls;
    private final OutageLog outage = new OutageLog(log);
    private final Semaphore looking = new Semaphore(1);
    private volatile @Nullable Look last;
    private String trouble = "";

    RedisWatch(
            StringRedisTemplate redis,
            LettuceConnectionFactory connections,
            WakeUp wakeUp,
            BeaconGauges gauges,
            LockProperties properties) {
        this.redis = redis;
        this.connections = connections;
        this.wakeUp = wakeUp;
        // Keys of this replica's own: the script does not write where another one's token is.
        String token = UUID.randomUUID().toString();
        List<String> arguments = List.of(token, Long.toString(properties.ttl().toMillis()));
        this.calls = IntStream.range(0, KEYS)
                .mapToObj(n -> new ScriptCalls.Call("beacon:lock:watch:" + token + ":" + n, arguments))
                .toList();
        gauges.redisUp(this, RedisWatch::gauge);
    }

    @Override
    public void configureTasks(ScheduledTaskRegistrar tasks) {
        // Not with a fixed delay: all of those share a thread, and some of them ask the database.
        tasks.addFixedRateTask(new FixedRateTask(this::lookUnlessLooking, INTERVAL, Duration.ZERO));
    }

    private void lookUnlessLooking() {
        if (looking.tryAcquire()) {
            try {
                look();
            } finally {
                looking.release();
            }
        }
    }

    Look last() {
        Look now = last;
        return now == null ? new Look(false, "not asked yet") : now;
    }

    private double gauge() {
        return last == null ? Double.NaN : last().up() ? 1 : 0;
    }

    private void look() {
        try {
            List<Answer> answers = ScriptCalls.run(redis, JobLocks.ACQUIRE, calls);
            Optional<DataAccessException> failure = ScriptCalls.failure(answers);
            if (failure.isPresent()) {
                throw failure.get();
            }
            last = new Look(true, "");
            outage.back("Redis sets locks again");
        } catch (QueryTimeoutException silent) {
            down("Redis does not answer in time; connecting again", "", silent);
            connectAgain();
        } catch (DataAccessException away) {
            RefusedCommand.reason(away)
                    .ifPresentOrElse(
                            reason -> refused(reason, away),
                            () -> down("Redis is away; trying again every " + INTERVAL.toSeconds() + " s", "", away));
        }
    }

    private void refused(String reason, DataAccessException failure) {
        String code = reason.split(" ", 2)[0];
        down("Redis answers and refuses locks (" + code + "), so no job starts; trying again", reason, failure);
        if (code.equals("READONLY")) {
            connectAgain();
        }
    }

    private void down(String consequence, String reason, DataAccessException failure) {
        last = new Look(false, reason.isEmpty() ? consequence : reason);
        if (!trouble.equals(consequence)) {
            trouble = consequence;
            outage.changed();
        }
        outage.away(consequence, failure);
    }

    private void connectAgain() {
        connections.resetConnection();
        wakeUp.stopListening(); // The picker subscribes again, on a connection of its own.
    }
}
