package io.projectbeacon.runner.domain;

import org.jspecify.annotations.Nullable;

/**
 * One ownership of a job by one runner.
 *
 * @param jobId the numeric {@code jobs.id}
 * @param jobspecId the job's name, as {@link JobName#text} writes it
 * @param keyTag tells its keys towards providers from those of another job of its id; null for a job from before there
 *     were tags
 * @param fence the number of this run; it only grows, so a run with a smaller one has been replaced
 * @param onUnknown what the job asked for where a call has an unknown outcome
 * @param includesUnknown whether the run belongs to a person's retry that includes cells of unknown outcome
 */
public record Run(
        long jobId,
        String jobspecId,
        @Nullable String keyTag,
        long fence,
        RunCause cause,
        OnUnknown onUnknown,
        boolean includesUnknown) {

    /** Whose job it is. */
    public String caller() {
        return JobName.of(jobspecId).caller();
    }

    /** Whether a cell whose outcome is unknown waits for a person: no run goes on with it by itself. */
    public boolean holdsUnknown() {
        return onUnknown == OnUnknown.HOLD && !includesUnknown;
    }
}
