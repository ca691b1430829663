package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.Run;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The jobs as a runner sees them. Every change is a compare-and-set on {@code (status, fence)}: a runner that has been
 * replaced changes nothing, whatever it believes.
 */
public interface JobQueue {

    /**
     * A job that waits for a runner.
     *
     * @param fence what a start must find
     * @param weight how much room it takes: its cells, or the thousands of characters of what they are asked, if those are more
     */
    record Waiting(long jobId, long fence, int weight) {}

    /** A job that some runner has started, and the fence of its run. */
    record Running(long jobId, long fence) {}

    /** How a run left its job. */
    sealed interface Finish {

        /** The job has its final status. */
        record Finished(String status) implements Finish {}

        /** A cell is still without an end, so the job went back to the queue. */
        record BackInQueue() implements Finish {}

        /** The job is not this run's any more; nothing was changed. */
        record TurnedAway() implements Finish {}
    }

    /** The next jobs to run: higher priority first, then oldest first. */
    List<Waiting> next(int limit);

    /**
     * Starts a run of each job under its next fence, all in one commit.
     *
     * @return the runs of those that were still waiting under the fence that was seen, and were nobody else's that moment
     */
    List<StartedJob> start(List<Waiting> jobs);

    /** Gives the job its final status, computed from the rows of its cells; or back to the queue, if one has no end. */
    Finish finish(Run run);

    /**
     * Gives the job its final status because its time is up: its cells without an end are ended too.
     */
    Finish expire(Run run);

    /** Which of the runs still own their jobs; the others' jobs were cancelled, or are another run's. */
    Set<Run> owned(Collection<Run> runs);

    /** Which of the runs' jobs are cancelled now. */
    Set<Run> cancelled(Collection<Run> runs);

    /** The running jobs, whoever runs them. */
    List<Running> running();

    /**
     * Puts an orphaned job back into the queue, unless it has been given to another run or has ended meanwhile, or its
     * runner has a lease from the database.
     */
    boolean takeBack(Running orphan);

    /** Puts a job back into the queue that a process of before has left; only for who knows that it is gone. */
    boolean resume(Running left);

    /**
     * Lets runs that cannot reach Redis rely on their jobs for this long, and keeps sweepers away from them until then.
     *
     * @return those that still own their jobs
     */
    Set<Run> lease(Collection<Run> runs, Duration ttl);
}
