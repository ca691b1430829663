package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.OutageLog;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.ReturnType;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.DefaultRedisScript;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.stereotype.Component;

/**
 * The job locks in Redis: {@code beacon:lock:job:<id>} holds the random token of its holder, and expires.
 *
 * <p>A lock keeps two runners off one job and is its heartbeat. It does not make anything safe: under a long pause it
 * expires, and the fence in the database is what stops the runner that was paused.
 *
 * <p>Every method but {@link #giveBack} throws {@link DataAccessException} when Redis cannot be asked.
 */
@Component
class JobLocks {

    /** What a renewal found. */
    enum Renewal {
        RENEWED,
        /** No lock is there: it expired, or Redis was emptied. */
        MISSING,
        /** Another runner holds it. */
        TAKEN
    }

    private static final byte[] RENEW = """
            local token = redis.call('GET', KEYS[1])
            if token == ARGV[1] then
              redis.call('PEXPIRE', KEYS[1], ARGV[2])
              return 0
            elseif token then
              return 2
            end
            return 1
            """.getBytes(StandardCharsets.UTF_8);

    /* Compare and delete: a holder whose lock has expired must not delete the lock of the next one. */
    private static final RedisScript<Long> RELEASE = new DefaultRedisScript<>("""
            if redis.call('GET', KEYS[1]) == ARGV[1] then
              return redis.call('DEL', KEYS[1])
            end
            return 0
            """, Long.class);

    /*
     * SET NX PX, but a lock that is there under this token already is ours, too: its answer was lost. A Redis that was
     * paused carries out what was sent to it meanwhile, and nobody would give that lock back.
     */
    private static final RedisScript<Long> ACQUIRE = new DefaultRedisScript<>("""
            local token = redis.call('GET', KEYS[1])
            if not token or token == ARGV[1] then
              redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
              return 1
            end
            return 0
            """, Long.class);

    private final OutageLog outage = new OutageLog(LoggerFactory.getLogger(JobLocks.class));

    /** Tokens under which a lock was asked for without an answer, by job. */
    private final Map<Long, String> unanswered = new ConcurrentHashMap<>();

    private final StringRedisTemplate redis;
    private final BeaconMetrics metrics;
    private final Duration ttl;

    JobLocks(StringRedisTemplate redis, BeaconMetrics metrics, LockProperties properties) {
        this.redis = redis;
        this.metrics = metrics;
        this.ttl = properties.ttl();
    }

    /**
     * Takes those locks that nobody holds. To be called by one thread at a time.
     *
     * <p>All are asked for at once, on one connection, each as a command of its own and not in a pipeline: one whose answer
     * does not come in time is withdrawn. A pipeline's commands are sent again when the connection is back, and would set
     * the locks of jobs that have ended meanwhile.
     *
     * @return the locks taken, in the order of the jobs
     */
    List<HeldLock> tryAcquire(List<Long> jobIds) {
        long begin = System.nanoTime();
        List<HeldLock> asked = jobIds.stream()
                .map(job -> new HeldLock(
                        job,
                        unanswered.computeIfAbsent(job, id -> UUID.randomUUID().toString()),
                        begin,
                        ttl.toNanos()))
                .toList();
        List<Boolean> answers = acquire(asked);
        jobIds.forEach(unanswered::remove);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        List<HeldLock> acquired = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            metrics.lockAcquired(took);
            if (answers.get(i)) {
                asked.get(i).acquired(took);
                acquired.add(asked.get(i));
            }
        }
        return acquired;
    }

    /**
     * Sets a lock again that Redis has lost, under its old token, unless another runner has been quicker. The lease is not
     * renewed by that: first it has to be asked whose the job is.
     */
    boolean setAgain(HeldLock lock) {
        return acquire(lock);
    }

    /** Renews all the locks in one round trip; the answers are in the order of the locks. */
    List<Renewal> renew(List<HeldLock> locks) {
        long begin = System.nanoTime();
        List<Long> answers = askToRenew(locks);
        List<Renewal> renewals = new ArrayList<>(locks.size());
        for (int i = 0; i < locks.size(); i++) {
            Renewal renewal = Renewal.values()[Math.toIntExact(answers.get(i))];
            if (renewal == Renewal.RENEWED) {
                locks.get(i).renewed(begin, ttl.toNanos());
            }
            renewals.add(renewal);
        }
        return renewals;
    }

    /**
     * Gives the lock back, if it is still this holder's.
     *
     * @return false when it had expired, and may be another's by now
     */
    boolean release(HeldLock lock) {
        long begin = System.nanoTime();
        Long deleted = redis.execute(RELEASE, List.of(key(lock.jobId())), lock.token());
        long end = System.nanoTime();
        metrics.lockReleased(Duration.ofNanos(end - lock.acquiredAt()), Duration.ofNanos(end - begin));
        return deleted != null && deleted == 1;
    }

    /** Gives the lock back, or leaves it to expire. */
    void giveBack(HeldLock lock) {
        try {
            release(lock);
            outage.back("Locks are released again");
        } catch (DataAccessException away) {
            outage.away("Locks cannot be released; they will expire", away);
        }
    }

    /** Which of the jobs are locked by anyone, in one round trip. */
    Set<Long> locked(Collection<Long> jobIds) {
        List<Long> asked = List.copyOf(jobIds);
        if (asked.isEmpty()) {
            return Set.of();
        }
        List<Object> answers = redis.executePipelined((RedisCallback<@Nullable Object>) connection -> {
            asked.forEach(id -> connection.keyCommands().exists(key(id).getBytes(StandardCharsets.UTF_8)));
            return null;
        });
        Set<Long> locked = new HashSet<>();
        for (int i = 0; i < asked.size(); i++) {
            if (Boolean.TRUE.equals(answers.get(i))) {
                locked.add(asked.get(i));
            }
        }
        return locked;
    }

    private List<Boolean> acquire(List<HeldLock> locks) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            return locks.stream()
                    .map(lock -> CompletableFuture.supplyAsync(() -> acquire(lock), threads))
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException away ? away : e;
        }
    }

    private boolean acquire(HeldLock lock) {
        Long acquired = redis.execute(ACQUIRE, List.of(key(lock.jobId())), lock.token(), Long.toString(ttl.toMillis()));
        return acquired != null && acquired == 1;
    }

    private List<Long> askToRenew(List<HeldLock> locks) {
        if (locks.isEmpty()) {
            return List.of();
        }
        byte[] millis = Long.toString(ttl.toMillis()).getBytes(StandardCharsets.UTF_8);
        return redis
                .executePipelined((RedisCallback<@Nullable Object>) connection -> {
                    for (HeldLock lock : locks) {
                        byte[] key = key(lock.jobId()).getBytes(StandardCharsets.UTF_8);
                        byte[] token = lock.token().getBytes(StandardCharsets.UTF_8);
                        connection.scriptingCommands().eval(RENEW, ReturnType.INTEGER, 1, key, token, millis);
                    }
                    return null;
                })
                .stream()
                .map(answer -> ((Number) answer).longValue())
                .toList();
    }

    private static String key(long jobId) {
        return "beacon:lock:job:" + jobId;
    }
}
