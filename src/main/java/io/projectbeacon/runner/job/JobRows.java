package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.StatementForm;

/**
 * SQL that finds the jobs of runs in the table: the one place that says when a run owns its job.
 *
 * <p>Each method writes the rest of a {@code SELECT} from {@code FROM} on. It binds {@code :runJobs} and
 * {@code :runFences}, and gives the job's columns, {@code of_fence} and {@code n}, the place in the list from 1.
 *
 * <p>Each job is looked up by its key (LATERAL), however few jobs the planner believes to be running: its statistics
 * are of a moment when few were, and a scan of all of them, once for each cell, would cost more than all the rest.
 */
public final class JobRows {

    private JobRows() {}

    /**
     * The jobs that are running under the fences of the runs, with their rows locked. The columns are those of the row
     * as it was locked, not of the statement's snapshot.
     *
     * @param lock such as {@code FOR SHARE}; the form says whether it waits
     */
    public static String owned(StatementForm form, String lock) {
        return underFence("running", form, form.locking(lock));
    }

    /** As {@link #owned}, without a lock: the answer may be out of date when it is read. */
    static String ownedUnlocked() {
        return underFence("running", StatementForm.WAITING, "OFFSET 0");
    }

    /** The jobs that wait in the queue under the fences that were seen, with their rows locked for a start. */
    static String waiting(StatementForm form) {
        return underFence("queued", form, form.locking("FOR UPDATE"));
    }

    private static String underFence(String status, StatementForm form, String lock) {
        return """
                FROM %s AS run (job, of_fence, n)
                CROSS JOIN LATERAL (
                  SELECT * FROM jobs WHERE id = job AND fence = of_fence AND status = '%s'
                  %s
                ) jobs
                """.formatted(form.numberedRows(":runJobs", ":runFences"), status, lock)
                .indent(2);
    }
}
