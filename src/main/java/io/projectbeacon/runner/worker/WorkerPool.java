package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.embedded.EmbeddedOwnership;
import io.projectbeacon.runner.job.WakeUp;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Starts and stops the work of this replica.
 *
 * <p>It is a lifecycle of its own, so that a stop takes no new work, waits for the calls under way, and gives
 * unfinished jobs back, all before the database is closed.
 */
@Component
class WorkerPool implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(WorkerPool.class);

    /** How long interrupted calls may take to end. */
    private static final Duration INTERRUPTION = Duration.ofSeconds(5);

    /** How often the database is asked whose the jobs are: a cancel is to take effect within a second. */
    private static final Duration OWNERSHIP = Duration.ofMillis(300);

    /** How late a job may end whose time is up. No call begins in between. */
    private static final Duration DEADLINES = Duration.ofMillis(100);

    private static final Duration WAIT_REPORTS = Duration.ofSeconds(1);

    private final JobPicker picker;
    private final RunningJobs jobs;
    private final RunFinisher finisher;
    private final LockHeartbeat heartbeat;
    private final OwnershipWatch ownership;
    private final OrphanSweeper sweeper;
    private final WakeUp wakeUp;
    private final WaitReports waitReports;
    private final WorkerProperties properties;
    private final ShutdownTimeout shutdownTimeout;
    private final LockProperties lockProperties;
    private final boolean alone;
    private volatile boolean running;
    private @Nullable Thread picking;
    private @Nullable ScheduledExecutorService timers;

    WorkerPool(
            JobPicker picker,
            RunningJobs jobs,
            RunFinisher finisher,
            LockHeartbeat heartbeat,
            OwnershipWatch ownership,
            OrphanSweeper sweeper,
            WakeUp wakeUp,
            WaitReports waitReports,
            WorkerProperties properties,
            ShutdownTimeout shutdownTimeout,
            LockProperties lockProperties,
            ObjectProvider<EmbeddedOwnership> embedded) {
        this.picker = picker;
        this.jobs = jobs;
        this.finisher = finisher;
        this.heartbeat = heartbeat;
        this.ownership = ownership;
        this.sweeper = sweeper;
        this.wakeUp = wakeUp;
        this.waitReports = waitReports;
        this.properties = properties;
        this.shutdownTimeout = shutdownTimeout;
        this.lockProperties = lockProperties;
        this.alone = embedded.getIfAvailable() != null;
    }

    @Override
    public void start() {
        running = true;
        if (!properties.enabled()) {
            log.info("This replica runs no jobs (beacon.worker.enabled=false); it only serves the API");
            return;
        }
        picker.reset();
        finisher.reset();
        if (alone) {
            // No other process can be at work on this data, so what was running when the last one ended goes on at
            // once.
            int resumed = sweeper.resumeAll();
            if (resumed > 0) {
                log.info("Going on with {} job(s) that the last start left unfinished", resumed);
            }
        }
        ScheduledExecutorService threads = Executors.newScheduledThreadPool(
                5, Thread.ofPlatform().daemon().name("worker-timer-", 0).factory());
        every(threads, lockProperties.renewalInterval(), () -> heartbeat.renew(jobs.all()));
        every(threads, OWNERSHIP, () -> ownership.check(jobs.all()));
        every(threads, DEADLINES, this::lookAtTheTime);
        every(threads, sweepInterval(), this::sweep);
        every(threads, WAIT_REPORTS, () -> waitReports.tell(jobs.all()));
        timers = threads;
        picking = Thread.ofVirtual().name("picker").start(picker::pickUntilStopped);
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public void stop() {
        if (picking != null) {
            picker.stop();
            joinUninterrupted(picking);
        }
        finisher.stopPausing();
        if (!jobs.all().isEmpty()) {
            log.info("Stopping: waiting up to {} for calls under way", shutdownTimeout.value());
        }
        if (!jobs.drain(shutdownTimeout.value())) {
            log.warn(
                    "Stopping: interrupting the calls of {} job(s); their outcome is unknown, and their jobs go back to"
                            + " the queue",
                    jobs.all().size());
            finisher.stopTrying();
            if (!jobs.interrupt(INTERRUPTION)) {
                log.warn(
                        "{} job(s) could not be given back; a sweeper will find them",
                        jobs.all().size());
            }
        }
        if (timers != null) {
            timers.shutdownNow(); // Last: the locks are renewed for as long as calls are under way.
        }
        wakeUp.stopListening();
        running = false;
    }

    /** Short beside both, so that an orphan is found within two TTLs and a few polls. */
    private Duration sweepInterval() {
        Duration poll = properties.pollInterval();
        Duration renewal = lockProperties.renewalInterval();
        return poll.compareTo(renewal) < 0 ? poll : renewal;
    }

    private void lookAtTheTime() {
        jobs.all().stream()
                .filter(run -> !run.areCellsDone())
                .forEach(run -> run.stop().lookAtTheTime());
    }

    private void sweep() {
        if (sweeper.sweep() > 0) {
            wakeUp.announce();
        }
    }

    private static void every(ScheduledExecutorService threads, Duration interval, Runnable step) {
        Runnable guarded = () -> {
            try {
                step.run();
            } catch (RuntimeException | Error unexpected) {
                // A timer whose step throws would never fire again.
                log.error("A periodic step failed and will be tried again", unexpected);
            }
        };
        threads.scheduleWithFixedDelay(guarded, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void joinUninterrupted(Thread thread) {
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                // A stop goes through to its end.
            }
        }
    }
}
