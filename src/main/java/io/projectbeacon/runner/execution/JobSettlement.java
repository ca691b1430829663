package io.projectbeacon.runner.execution;

/**
 * What an answer that comes late needs of the job, inside the transaction that records it: the job's row is locked
 * first, then the cell is changed, then the status follows what the rows now say.
 */
public interface JobSettlement {

    /** Locks the job's row until the transaction ends. */
    void lock(long jobId);

    /** Computes the status again from the rows of the cells, if the job has ended by itself. */
    void settle(long jobId);
}
