package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.NotConfirmedException;

/** The job may be stored, and it may not: the same submission again finds out. */
public final class MaybeStoredException extends NotConfirmedException {

    private static final long serialVersionUID = 1L;

    private final String jobspecId;

    MaybeStoredException(String jobspecId, Throwable cause) {
        super("It is not known whether the job " + jobspecId + " is stored", cause);
        this.jobspecId = jobspecId;
    }

    /** Under which the job is stored, if it is. */
    public String jobspecId() {
        return jobspecId;
    }
}
