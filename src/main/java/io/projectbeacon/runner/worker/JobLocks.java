package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.GroupCommit;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * The job locks in Redis: {@code beacon:lock:job:<id>} holds the random token of its holder, and expires.
 *
 * <p>A lock keeps two runners off one job and is its heartbeat. It makes nothing safe: under a long pause it expires,
 * and then the fence in the database stops the runner that was paused.
 *
 * <p>Every method but {@link #giveBack} throws {@link DataAccessException} when Redis cannot be asked.
 */
@Component
class JobLocks {

    /** The answer to a renewal. */
    enum Renewal {
        RENEWED,
        /** No lock is there: it expired, or Redis was emptied. */
        MISSING,
        /** Another runner holds it. */
        TAKEN
    }

    private static final String RENEW = """
            local token = redis.call('GET', KEYS[1])
            if token == ARGV[1] then
              redis.call('PEXPIRE', KEYS[1], ARGV[2])
              return 0
            elseif token then
              return 2
            end
            return 1
            """;

    /* Compare and delete: a holder whose lock has expired must not delete the lock of the next one. */
    private static final String RELEASE = """
            if redis.call('GET', KEYS[1]) == ARGV[1] then
              return redis.call('DEL', KEYS[1])
            end
            return 0
            """;

    /*
     * SET NX PX, but a lock that is there under this token already is ours, too: the answer to an earlier request was
     * lost. A Redis that was paused carries out what was sent to it meanwhile, and that lock would never be given back.
     */
    private static final String ACQUIRE = """
            local token = redis.call('GET', KEYS[1])
            if not token or token == ARGV[1] then
              redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
              return 1
            end
            return 0
            """;

    private static final String IS_LOCKED = "return redis.call('EXISTS', KEYS[1])";

    private static final int LARGEST_BATCH = 250;

    private final OutageLog outage = new OutageLog(LoggerFactory.getLogger(JobLocks.class));

    /** Tokens under which a lock was asked for without an answer, by job. */
    private final Map<Long, String> unanswered = new ConcurrentHashMap<>();

    private final StringRedisTemplate redis;
    private final BeaconMetrics metrics;
    private final Duration ttl;
    private final GroupCommit<JobLock, Boolean> releases;

    JobLocks(StringRedisTemplate redis, GroupCommits groupCommits, BeaconMetrics metrics, LockProperties properties) {
        this.redis = redis;
        this.metrics = metrics;
        this.ttl = properties.ttl();
        this.releases = groupCommits.of(
                "released locks",
                locks -> release(locks).stream().map(Optional::of).toList(),
                GroupCommit.Bounds.requests(LARGEST_BATCH));
    }

    /**
     * Takes the locks that are free. To be called by one thread at a time.
     *
     * @return the locks taken, in the order of the jobs
     */
    List<JobLock> tryAcquire(List<Long> jobIds) {
        long begin = System.nanoTime();
        List<JobLock> asked = jobIds.stream()
                .map(job -> new JobLock(
                        job,
                        unanswered.computeIfAbsent(job, id -> UUID.randomUUID().toString()),
                        begin,
                        ttl.toNanos()))
                .toList();
        List<Long> answers = ask(ACQUIRE, asked);
        jobIds.forEach(unanswered::remove);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        List<JobLock> acquired = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            metrics.lockAcquired(took);
            if (answers.get(i) == 1) {
                asked.get(i).acquired(took);
                acquired.add(asked.get(i));
            }
        }
        return acquired;
    }

    /**
     * Sets a lock again that Redis has lost, under its old token, unless another runner has been quicker. The lease is
     * not renewed by that: first it has to be asked whose the job is.
     */
    boolean setAgain(JobLock lock) {
        lock.setAgain();
        return ask(ACQUIRE, List.of(lock)).getFirst() == 1;
    }

    /** Renews all the locks in one round trip; the answers are in the order of the locks. */
    List<Renewal> renew(List<JobLock> locks) {
        long begin = System.nanoTime();
        List<Long> answers = ask(RENEW, locks);
        List<Renewal> renewals = new ArrayList<>(locks.size());
        for (int i = 0; i < locks.size(); i++) {
            Renewal renewal = Renewal.values()[Math.toIntExact(answers.get(i))];
            if (renewal == Renewal.RENEWED && locks.get(i).isUnconfirmed()) {
                // The lock is there, but the database could not say whose the job is when it was set again.
                renewal = Renewal.MISSING;
            } else if (renewal == Renewal.RENEWED) {
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
    boolean release(JobLock lock) {
        long begin = System.nanoTime();
        boolean deleted =
                releases.ask(lock).orElseGet(() -> release(List.of(lock)).getFirst());
        long end = System.nanoTime();
        metrics.lockReleased(Duration.ofNanos(end - lock.acquiredAt()), Duration.ofNanos(end - begin));
        return deleted;
    }

    /** Gives the lock back, or, while Redis is away, leaves it to expire. */
    void giveBack(JobLock lock) {
        try {
            release(lock);
            outage.back("Locks are released again");
        } catch (DataAccessException away) {
            outage.away("Locks cannot be released; they will expire", away);
        }
    }

    /** Which of the jobs are locked, by any runner, in one round trip. */
    Set<Long> locked(Collection<Long> jobIds) {
        List<Long> asked = List.copyOf(jobIds);
        if (asked.isEmpty()) {
            return Set.of();
        }
        List<Long> answers = call(
                IS_LOCKED,
                asked.stream()
                        .map(id -> new ScriptCalls.Call(key(id), List.of()))
                        .toList());
        Set<Long> locked = new HashSet<>();
        for (int i = 0; i < asked.size(); i++) {
            if (answers.get(i) == 1) {
                locked.add(asked.get(i));
            }
        }
        return locked;
    }

    private List<Boolean> release(List<JobLock> locks) {
        return ask(RELEASE, locks).stream().map(deleted -> deleted == 1).toList();
    }

    /** Runs the script with the token and the TTL of each lock. */
    private List<Long> ask(String script, List<JobLock> locks) {
        String millis = Long.toString(ttl.toMillis());
        return call(
                script,
                locks.stream()
                        .map(lock -> new ScriptCalls.Call(key(lock.jobId()), List.of(lock.token(), millis)))
                        .toList());
    }

    private List<Long> call(String script, List<ScriptCalls.Call> calls) {
        return calls.isEmpty() ? List.of() : Objects.requireNonNull(redis.execute(new ScriptCalls(script, calls)));
    }

    private static String key(long jobId) {
        return "beacon:lock:job:" + jobId;
    }
}
