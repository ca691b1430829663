package io.projectbeacon.runner.domain;

/**
 * One ownership of a job by one runner.
 *
 * @param jobId the numeric {@code jobs.id}
 * @param jobspecId the client's id of the job
 * @param fence the number of this run; it only grows, so a run with a smaller one has been replaced
 * @param onUnknown what the job asked for where a call has an unknown outcome
 */
public record Run(long jobId, String jobspecId, long fence, RunCause cause, OnUnknown onUnknown) {}
