package io.projectbeacon.runner.job;

/** What came of a submission. */
public sealed interface Submission {

    /** The job is new, and durable. */
    record Accepted(JobView job) implements Submission {}

    /**
     * A job with this id or key was there already; nothing was stored.
     *
     * @param content that job's normal form, JSON, to tell whether it is the same job
     */
    record Existing(JobView job, String content) implements Submission {}

    /**
     * Too much is waiting already; nothing was stored.
     *
     * @param bound how many cells may wait
     */
    record QueueFull(long bound) implements Submission {}
}
