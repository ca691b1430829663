package io.projectbeacon.runner.job;

/**
 * A bound on what waits, which a job would go past.
 *
 * @param unit what is counted
 * @param property by which it is set
 * @param asked how much the job has
 */
public record QueueBound(long bound, String unit, String property, long asked) {}
