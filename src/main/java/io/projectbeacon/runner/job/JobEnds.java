package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.JobName;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Lets threads wait for the ends of jobs. One look a second, at the rows of all jobs that are waited for, finds the ends on
 * every replica; who waits holds no connection to the database.
 */
@Component
public class JobEnds implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(JobEnds.class);
    private static final long LOOK_MS = 1000;

    /** After the workers, whose last jobs may still be waited for, and before the server waits for open requests. */
    private static final int PHASE = DEFAULT_PHASE - 512;

    private static final String IS_ACTIVE =
            "SELECT EXISTS (SELECT FROM jobs WHERE jobspec_id = :id AND status IN ('queued', 'running'))";

    /* One that retention has deleted has no status. */
    private static final String ENDED = """
            SELECT jobspec_id FROM jobs
            WHERE jobspec_id = ANY (:waitedFor) AND (status IS NULL OR status NOT IN ('queued', 'running'))
            """;

    private record Waiter(String job, CountDownLatch ended) {}

    private final JdbcClient jdbc;
    private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
    private volatile @Nullable ScheduledExecutorService looking;

    JobEnds(JdbcTemplate template) {
        this.jdbc = TimeLimitedJdbc.of(template);
    }

    /** Returns when the job has ended, the time is up, or the service stops; at once if there is no such job. */
    public void await(JobName name, Duration atMost) {
        Waiter waiter = new Waiter(name.text(), new CountDownLatch(1));
        waiters.add(waiter); // Before it is asked whether the service stops: a stop frees all that are there.
        try {
            if (isRunning() && isActive(waiter.job())) {
                waiter.ended().await(atMost.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            waiters.remove(waiter);
        }
    }

    /** How many wait now. */
    int waiting() {
        return waiters.size();
    }

    private boolean isActive(String job) {
        return jdbc.sql(IS_ACTIVE).param("id", job).query(Boolean.class).single();
    }

    private void look() {
        try {
            String[] jobs = waiters.stream().map(Waiter::job).distinct().toArray(String[]::new);
            if (jobs.length > 0) {
                free(jdbc.sql(ENDED)
                        .param("waitedFor", jobs)
                        .query((row, n) -> row.getString("jobspec_id"))
                        .set());
            }
        } catch (RuntimeException away) {
            // A timer whose step throws would never fire again. Who waits is told by what comes after the wait.
            log.debug("The jobs that are waited for could not be looked at, trying again", away);
        }
    }

    private void free(Set<String> ended) {
        waiters.stream()
                .filter(waiter -> ended.contains(waiter.job()))
                .forEach(waiter -> waiter.ended().countDown());
    }

    @Override
    public void start() {
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("job-ends").factory());
        started.scheduleWithFixedDelay(this::look, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
        looking = started;
    }

    @Override
    public void stop() {
        ScheduledExecutorService stopped = looking;
        looking = null;
        if (stopped != null) {
            stopped.shutdownNow();
        }
        waiters.forEach(waiter -> waiter.ended().countDown());
    }

    @Override
    public boolean isRunning() {
        return looking != null;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
