package io.projectbeacon.runner.job;

import java.util.List;

/** The result of a submission. */
public sealed interface Submission {

    /** The job is new, and durable. */
    record Accepted(JobView job) implements Submission {}

    /** The same job was there already; nothing was stored. */
    record Replayed(JobView job) implements Submission {}

    /**
     * Another job has the id; nothing was stored.
     *
     * @param differences the fields in which the two differ, as dotted paths; empty when the other's content has been
     *     erased, so that nobody can say
     */
    record IdTaken(JobView job, List<String> differences) implements Submission {}

    /**
     * The idempotency key was used for another job; nothing was stored.
     *
     * @param differences as of {@link IdTaken}
     */
    record KeyTaken(JobView job, List<String> differences) implements Submission {}

    /** A job that retention has deleted had the id, or the idempotency key; nothing was stored, whatever the content. */
    record Deleted() implements Submission {}

    /** A job has the id, or the key, but whether it is the same one cannot be told: its stored content is unreadable. */
    record Unreadable(JobView job) implements Submission {}

    /**
     * Too much is waiting already; nothing was stored.
     *
     * @param why what there is too much of
     */
    record QueueFull(QueueBound why) implements Submission {}
}
