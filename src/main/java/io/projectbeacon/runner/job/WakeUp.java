package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.redis.RefusedCommand;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Tells every runner over Redis that there is work in the queue, so that a job need not wait for the next poll.
 *
 * <p>A wake-up call may be lost or come twice, and nothing depends on it: it only makes a runner look at the queue.
 */
@Component
public class WakeUp {

    private static final Logger log = LoggerFactory.getLogger(WakeUp.class);
    private static final String CHANNEL = "beacon:wake-up";

    /** A try opens a connection, and a busy runner would make many a second. */
    private static final Duration AFTER_REFUSAL = Duration.ofSeconds(10);

    private final StringRedisTemplate redis;
    private final Semaphore bell = new Semaphore(0);
    private final AtomicBoolean publishing = new AtomicBoolean();
    private final OutageLog hearing = new OutageLog(log);
    private final OutageLog calling = new OutageLog(log);
    private @Nullable RedisConnection subscription;
    private long refusedAt = System.nanoTime() - AFTER_REFUSAL.toNanos();

    WakeUp(StringRedisTemplate redis) {
        this.redis = redis;
    }

    /** Wakes all runners. Returns at once: a submission must not wait for Redis. */
    public void announce() {
        ring();
        if (publishing.compareAndSet(false, true)) {
            Thread.ofVirtual().name("wake-up").start(this::publish);
        }
    }

    /** Wakes this runner. */
    public void ring() {
        bell.release();
    }

    /** Waits for a call, but no longer than this. All calls until now are answered by one look at the queue. */
    public void await(Duration atMost) throws InterruptedException {
        if (bell.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
            bell.drainPermits();
        }
    }

    /**
     * Listens for wake-up calls from now on. The Redis client subscribes again by itself after an outage. Where an ACL
     * refuses the channel, that is said once, and there is still the polling.
     *
     * @throws DataAccessException when Redis cannot be reached; asking again later is all there is to do
     */
    public synchronized void listen() {
        if (subscription == null && System.nanoTime() - refusedAt >= AFTER_REFUSAL.toNanos()) {
            RedisConnection connection = redis.getRequiredConnectionFactory().getConnection();
            try {
                connection.subscribe((message, pattern) -> ring(), CHANNEL.getBytes(StandardCharsets.UTF_8));
            } catch (RuntimeException failed) {
                connection.close();
                if (failed instanceof DataAccessException refused && isRefused(refused)) {
                    refusedAt = System.nanoTime();
                    hearing.away("No wake-up calls are heard; jobs are found by looking at the queue", refused);
                    return;
                }
                throw failed;
            }
            subscription = connection;
            hearing.back("Wake-up calls are heard again");
        }
    }

    public synchronized void stopListening() {
        if (subscription != null) {
            try {
                subscription.close();
            } catch (DataAccessException away) {
                log.debug("The subscription could not be closed in good order", away);
            }
            subscription = null;
        }
    }

    private void publish() {
        // Work announced from here on needs a call of its own: this one may have been sent already.
        publishing.set(false);
        try {
            redis.convertAndSend(CHANNEL, "work");
            calling.back("Wake-up calls are sent again");
        } catch (DataAccessException failed) {
            if (isRefused(failed)) {
                calling.away("No wake-up calls are sent; runners find new jobs by looking at the queue", failed);
            } else {
                log.debug("No wake-up call was sent; runners will find the work by polling", failed);
            }
        }
    }

    /** While Redis is away its watch says so. */
    private static boolean isRefused(DataAccessException failure) {
        return RefusedCommand.reason(failure).isPresent();
    }
}
