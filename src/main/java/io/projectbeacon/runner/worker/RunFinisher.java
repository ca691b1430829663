package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.database.Pause;
import io.projectbeacon.runner.domain.Backoff;
import io.projectbeacon.runner.job.InterruptedCalls;
import io.projectbeacon.runner.job.JobFinisher;
import io.projectbeacon.runner.job.JobFinisher.Finish;
import io.projectbeacon.runner.job.WakeUp;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** The last steps of a run: the job gets its final status or goes back to the queue, then its lock is given back. */
@Component
class RunFinisher {

    private static final Logger log = LoggerFactory.getLogger(RunFinisher.class);
    private static final Backoff PAUSES = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    private final OutageLog outage = new OutageLog(log);
    private final JobFinisher jobs;
    private final InterruptedCalls interrupted;
    private final JobLocks locks;
    private final WakeUp wakeUp;
    private final Duration pollInterval;
    private final FruitlessRuns fruitless = new FruitlessRuns();
    private volatile boolean stopping;
    private volatile CountDownLatch pauses = new CountDownLatch(1);

    RunFinisher(
            JobFinisher jobs,
            InterruptedCalls interrupted,
            JobLocks locks,
            WakeUp wakeUp,
            WorkerProperties properties) {
        this.jobs = jobs;
        this.interrupted = interrupted;
        this.locks = locks;
        this.wakeUp = wakeUp;
        this.pollInterval = properties.pollInterval();
    }

    /** Undoes {@link #stopTrying} for another start. */
    void reset() {
        stopping = false;
        pauses = new CountDownLatch(1);
    }

    /** From now on each run gives its job back at once. */
    void stopPausing() {
        pauses.countDown();
    }

    /** From now on a job that cannot be finished is left to the sweeper. */
    void stopTrying() {
        stopping = true;
    }

    void finish(JobRun run) {
        pause(run);
        Finish finish = finishJob(run);
        if (finish instanceof Finish.BackInQueue && !run.hasChangedCells()) {
            fruitless.add(run.run());
        } else {
            fruitless.forget(run.run().jobId());
        }
        run.lock().markGivenBack();
        Duration held = Duration.ofNanos(System.nanoTime() - run.lock().acquiredAt());
        long begin = System.nanoTime();
        locks.giveBack(run.lock());
        Duration release = Duration.ofNanos(System.nanoTime() - begin);
        LoggingEventBuilder line = log.atInfo()
                .addKeyValue("job_id", run.run().jobspecId())
                .addKeyValue("fence", run.run().fence());
        if (finish instanceof Finish.Finished finished) {
            line = finished.cells().on(line);
        }
        line.addKeyValue("lock_hold_ms", Millis.of(held))
                .addKeyValue("lock_release_ms", Millis.of(release))
                .log(
                        "Job {}",
                        switch (finish) {
                            case Finish.Finished finished ->
                                "ended " + finished.status().wireName();
                            case Finish.BackInQueue back -> "went back to the queue, with cells to do";
                            case Finish.Parked parked -> "is parked: all its cells left wait";
                            case Finish.RunReplaced replaced -> "is not this run's any more";
                        });
        if (finish instanceof Finish.BackInQueue) {
            wakeUp.announce();
        }
    }

    private Finish finishOnce(JobRun run) {
        return switch (run.stop().reason()) {
            case EXPIRED -> jobs.expire(run.run());
            case PARKED -> jobs.park(run.run(), run.stop().parkedFor());
            case REGULAR, GAVE_UP, LOST -> jobs.finish(run.run());
        };
    }

    /** So that a job whose check fails each time, or whose cells cannot be come to, does not spin. */
    private void pause(JobRun run) {
        if (run.stop().reason() == EndReason.EXPIRED || run.stop().reason() == EndReason.PARKED) {
            return;
        }
        Duration wait = run.hasChangedCells()
                ? Duration.ZERO
                : fruitless.pause(run.run().jobId());
        if (run.stop().reason() == EndReason.GAVE_UP && wait.compareTo(pollInterval) < 0) {
            wait = pollInterval;
        }
        Duration left = run.stop().timeLeft();
        try {
            pauses.await((wait.compareTo(left) < 0 ? wait : left).toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("this thread is never interrupted", e);
        }
    }

    /** Tries until the database answers, or until there is no point: the job is lost, or the process stops. */
    private Finish finishJob(JobRun run) {
        int failures = 0;
        while (true) {
            try {
                if (stopping) {
                    interrupted.note(run.run());
                }
                // A lost job is tried once, too: its run may still own it, and if not, nothing is written.
                Finish finish = finishOnce(run);
                outage.back("Jobs are finished again");
                return finish;
            } catch (DataAccessException | TransactionException away) {
                outage.away("Jobs cannot be finished; trying again", away);
                if (stopping || run.stop().reason() == EndReason.LOST) {
                    return new Finish.RunReplaced();
                }
                failures++;
                Pause.of(PAUSES.after(failures));
            }
        }
    }
}
