package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.OutageLog;
import io.projectbeacon.runner.worker.JobQueue.Finish;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** The last steps of a run: the job gets its final status or goes back to the queue, then its lock is given back. */
@Component
class RunEnd {

    private static final Logger log = LoggerFactory.getLogger(RunEnd.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final OutageLog outage = new OutageLog(log);
    private final JobQueue queue;
    private final JobLocks locks;
    private final WakeUp wakeUp;
    private final Duration pollInterval;
    private volatile boolean stopping;

    RunEnd(JobQueue queue, JobLocks locks, WakeUp wakeUp, WorkerProperties properties) {
        this.queue = queue;
        this.locks = locks;
        this.wakeUp = wakeUp;
        this.pollInterval = properties.pollInterval();
    }

    /** Undoes {@link #stopTrying} for another start. */
    void reset() {
        stopping = false;
    }

    /** From now on a job that cannot be finished is left to the sweeper. */
    void stopTrying() {
        stopping = true;
    }

    void end(JobRun run) {
        if (run.gaveUp()) {
            Pause.of(pollInterval); // So that a job whose check fails each time does not spin.
        }
        Finish finish = run.isLost() ? new Finish.TurnedAway() : finish(run);
        run.ended();
        Duration held = Duration.ofNanos(System.nanoTime() - run.lock().acquiredAt());
        long begin = System.nanoTime();
        locks.giveBack(run.lock());
        Duration release = Duration.ofNanos(System.nanoTime() - begin);
        log.atInfo()
                .addKeyValue("job_id", run.run().jobspecId())
                .addKeyValue("fence", run.run().fence())
                .addKeyValue("lock_hold_ms", Millis.of(held))
                .addKeyValue("lock_release_ms", Millis.of(release))
                .log(
                        "Job {}",
                        switch (finish) {
                            case Finish.Finished finished -> "ended " + finished.status();
                            case Finish.BackInQueue back -> "went back to the queue, with cells to do";
                            case Finish.TurnedAway turnedAway -> "is not this run's any more";
                        });
        if (finish instanceof Finish.BackInQueue) {
            wakeUp.announce();
        }
    }

    /** Tries until the database answers, the job is lost, or the process stops. */
    private Finish finish(JobRun run) {
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                Finish finish = run.isExpired() ? queue.expire(run.run()) : queue.finish(run.run());
                outage.back("Jobs are finished again");
                return finish;
            } catch (DataAccessException | TransactionException away) {
                outage.away("Jobs cannot be finished; trying again", away);
                if (stopping || run.isLost()) {
                    return new Finish.TurnedAway();
                }
                Pause.of(pause);
                Duration doubled = pause.multipliedBy(2);
                pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
            }
        }
    }
}
