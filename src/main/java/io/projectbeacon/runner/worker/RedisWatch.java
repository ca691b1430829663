package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.metrics.BeaconGauges;
import java.time.Duration;
import java.util.concurrent.Semaphore;
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
 * Asks Redis every few seconds whether it answers.
 *
 * <p>A connection whose other end has vanished without a word stays open until TCP gives it up, which may take a
 * quarter of an hour. So a connection that does not answer in time is closed, and the next command opens a new one.
 */
@Component
class RedisWatch implements SchedulingConfigurer {

    private static final Logger log = LoggerFactory.getLogger(RedisWatch.class);

    /**
     * A key that is never set. In a Cluster a PING would go to every node, and one that is down would hide the others.
     */
    private static final String ASKED_FOR = "beacon:watch";

    private static final Duration INTERVAL = Duration.ofSeconds(2);

    private final StringRedisTemplate redis;
    private final LettuceConnectionFactory connections;
    private final WakeUp wakeUp;
    private final OutageLog outage = new OutageLog(log);
    private final Semaphore looking = new Semaphore(1);
    private volatile double up = Double.NaN; // Not asked yet.

    RedisWatch(StringRedisTemplate redis, LettuceConnectionFactory connections, WakeUp wakeUp, BeaconGauges gauges) {
        this.redis = redis;
        this.connections = connections;
        this.wakeUp = wakeUp;
        gauges.redisUp(this, watch -> watch.up);
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

    boolean isUp() {
        return up == 1;
    }

    private void look() {
        try {
            redis.hasKey(ASKED_FOR);
            up = 1;
            outage.back("Redis answers again");
        } catch (QueryTimeoutException silent) {
            up = 0;
            outage.away("Redis does not answer in time; connecting again", silent);
            connections.resetConnection();
            wakeUp.stopListening(); // The picker subscribes again, on a connection of its own.
        } catch (DataAccessException away) {
            up = 0;
            outage.away("Redis is away; trying again every " + INTERVAL.toSeconds() + " s", away);
        }
    }
}
