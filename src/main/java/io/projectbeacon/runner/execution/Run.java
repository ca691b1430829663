package io.projectbeacon.runner.execution;

/**
 * One ownership of a job by one runner.
 *
 * @param jobId the numeric {@code jobs.id}
 * @param jobspecId the client's id of the job
 * @param fence the number of this run; it only grows, so a run with a smaller one has been replaced
 * @param holdsUnknown whether the job asked for {@code on_unknown: hold}
 */
public record Run(long jobId, String jobspecId, long fence, RunCause cause, boolean holdsUnknown) {}
