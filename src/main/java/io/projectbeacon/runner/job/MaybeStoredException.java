package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.NotConfirmedException;
import io.projectbeacon.runner.domain.JobName;

/** The job may be stored, and it may not: the same submission again finds out. */
public final class MaybeStoredException extends NotConfirmedException {

    private static final long serialVersionUID = 1L;

    private final JobName name;

    MaybeStoredException(JobName name, Throwable cause) {
        super("It is not known whether the job " + name.id() + " is stored", cause);
        this.name = name;
    }

    /** Under which the job is stored, if it is. */
    public JobName name() {
        return name;
    }
}
