package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.GroupCommit;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.redis.Answer;
import io.projectbeacon.runner.redis.ScriptCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
 * <p>Every method but {@link #giveBack} throws {@link DataAccessException} when Redis cannot be asked. Where it answers
 * for some locks, the others are {@link LockState#UNANSWERED}, and one key that is no lock concerns its own job only.
 */
@Component
class JobLocks {

    /* The place in LockState of a key that is not ours. GET fails on a key of another type, on purpose. */
    private static final String OTHERS = """
            if not token then
              return 0
            end
            return redis.call('PTTL', KEYS[1]) < 0 and 3 or 2
            """;

    private static final String RENEW = """
            local token = redis.call('GET', KEYS[1])
            if token == ARGV[1] then
              redis.call('PEXPIRE', KEYS[1], ARGV[2])
              return 1
            end
            """ + OTHERS;

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
    static final String ACQUIRE = """
            local token = redis.call('GET', KEYS[1])
            if not token or token == ARGV[1] then
              redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
              return 1
            end
            """ + OTHERS;

    private static final String LOOK = "local token = redis.call('GET', KEYS[1])\n" + OTHERS;

    private static final int LARGEST_BATCH = 250;

    /** For how long a lock that one server of a cluster refused is not asked for again. */
    private static final Duration REFUSED_PAUSE = Duration.ofSeconds(1);

    private final OutageLog outage = new OutageLog(LoggerFactory.getLogger(JobLocks.class));

    /** Tokens under which a lock was asked for without an answer, by job. */
    private final Map<Long, String> unanswered = new ConcurrentHashMap<>();

    /** Until when the locks of these jobs are not asked for, by job: they were refused just now. */
    private final Map<Long, Long> asideUntil = new ConcurrentHashMap<>();

    private final StringRedisTemplate redis;
    private final BrokenLocks broken;
    private final BeaconMetrics metrics;
    private final Duration ttl;
    private final GroupCommit<JobLock, Boolean> releases;

    JobLocks(
            StringRedisTemplate redis,
            BrokenLocks broken,
            GroupCommits groupCommits,
            BeaconMetrics metrics,
            LockProperties properties) {
        this.redis = redis;
        this.broken = broken;
        this.metrics = metrics;
        this.ttl = properties.ttl();
        this.releases =
                groupCommits.of("released locks", this::releaseTogether, GroupCommit.Bounds.requests(LARGEST_BATCH));
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
        List<LockState> states = ask(ACQUIRE, asked);
        long end = System.nanoTime();
        Duration took = Duration.ofNanos(end - begin);
        List<JobLock> acquired = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            JobLock lock = asked.get(i);
            metrics.lockAcquired(took);
            if (states.get(i) == LockState.UNANSWERED) {
                asideUntil.put(lock.jobId(), end + REFUSED_PAUSE.toNanos());
                continue;
            }
            unanswered.remove(lock.jobId());
            if (states.get(i) == LockState.OURS) {
                lock.acquired(took);
                acquired.add(lock);
            } else if (states.get(i).isFault()) {
                asideUntil.put(lock.jobId(), end + ttl.dividedBy(3).toNanos());
            }
        }
        return acquired;
    }

    /** The jobs whose locks could not be had for a reason that lasts, and that are not worth a question for now. */
    Set<Long> setAside() {
        long now = System.nanoTime();
        asideUntil.values().removeIf(until -> until - now <= 0);
        return Set.copyOf(asideUntil.keySet());
    }

    /**
     * Sets locks again that Redis has lost, under their old tokens, unless other runners have been quicker. Their leases
     * are not renewed by that: first it has to be asked whose the jobs are.
     */
    List<LockState> setAgain(List<JobLock> locks) {
        locks.forEach(JobLock::setAgain);
        return ask(ACQUIRE, locks);
    }

    /** Renews all the locks in one round trip; the answers are in the order of the locks. */
    List<LockState> renew(List<JobLock> locks) {
        long begin = System.nanoTime();
        List<LockState> states = new ArrayList<>(ask(RENEW, locks));
        for (int i = 0; i < locks.size(); i++) {
            if (states.get(i) == LockState.OURS && locks.get(i).isUnconfirmed()) {
                // The lock is there, but the database could not say whose the job is when it was set again.
                states.set(i, LockState.MISSING);
            } else if (states.get(i) == LockState.OURS) {
                locks.get(i).renewed(begin, ttl.toNanos());
            }
        }
        return states;
    }

    /**
     * Gives the lock back, if it is still this holder's.
     *
     * @return false when it had expired, and may be another's by now
     */
    boolean release(JobLock lock) {
        long begin = System.nanoTime();
        boolean deleted = releases.ask(lock).orElseGet(() -> releaseAlone(lock));
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

    /** What the locks of the jobs are like, in one round trip; each may be another runner's. */
    Map<Long, LockState> look(Collection<Long> jobIds) {
        List<Long> asked = List.copyOf(jobIds);
        List<Answer> answers = ScriptCalls.run(
                redis,
                LOOK,
                asked.stream()
                        .map(id -> new ScriptCalls.Call(key(id), List.of()))
                        .toList());
        List<LockState> states = states(asked, answers);
        return IntStream.range(0, asked.size()).boxed().collect(Collectors.toMap(asked::get, states::get));
    }

    /** One that could not be released is left to its caller, who asks for it alone. */
    private List<Optional<Boolean>> releaseTogether(List<JobLock> locks) {
        return runWithTokens(RELEASE, locks).stream().map(JobLocks::deleted).toList();
    }

    private boolean releaseAlone(JobLock lock) {
        // A refusal that is not the key's fault has been thrown. A key that is no lock is not this holder's.
        return deleted(runWithTokens(RELEASE, List.of(lock)).getFirst()).orElse(false);
    }

    private static Optional<Boolean> deleted(Answer answer) {
        return switch (answer) {
            case Answer.Value value -> Optional.of(value.number() == 1);
            case Answer.Refused refused -> Optional.empty();
        };
    }

    private List<LockState> ask(String script, List<JobLock> locks) {
        return states(locks.stream().map(JobLock::jobId).toList(), runWithTokens(script, locks));
    }

    private List<LockState> states(List<Long> jobIds, List<Answer> answers) {
        List<LockState> states = answers.stream().map(LockState::of).toList();
        for (int i = 0; i < jobIds.size(); i++) {
            broken.met(jobIds.get(i), states.get(i));
        }
        return states;
    }

    /** Runs the script with the token and the TTL of each lock. */
    private List<Answer> runWithTokens(String script, List<JobLock> locks) {
        String millis = Long.toString(ttl.toMillis());
        return ScriptCalls.run(
                redis,
                script,
                locks.stream()
                        .map(lock -> new ScriptCalls.Call(key(lock.jobId()), List.of(lock.token(), millis)))
                        .toList());
    }

    static String key(long jobId) {
        return "beacon:lock:job:" + jobId;
    }
}
