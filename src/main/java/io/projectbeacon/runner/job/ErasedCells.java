package io.projectbeacon.runner.job;

/**
 * SQL that erases what cells were answered: answers, and the texts of errors. What is left is the account: how each attempt
 * ended and when, under which key, whether it was paid for, and the marks of answers.
 *
 * <p>A code is part of the account unless a provider has put a sentence there.
 */
public final class ErasedCells {

    private static final String A_WORD = "~ '^[A-Za-z0-9_.-]+$'";

    private static final String ERASE = """
            UPDATE executions SET
              answers = '[]',
              error_answer = NULL,
              error_message = CASE WHEN error_message IS NOT NULL THEN 'erased' END,
              error_code = CASE WHEN error_code %s THEN error_code WHEN error_code IS NOT NULL THEN 'erased' END,
              past_attempts = coalesce(
                (SELECT jsonb_agg(
                   CASE WHEN entry ->> 'code' %s THEN entry - 'message' ELSE entry - 'message' - 'code' END ORDER BY n)
                 FROM jsonb_array_elements(past_attempts) WITH ORDINALITY AS past (entry, n)),
                '[]')
            WHERE job_id = :job""".formatted(A_WORD, A_WORD);

    /** All cells of a job. */
    static final String OF_JOB = ERASE;

    /** A cell that has taken a late answer, in the transaction that has locked its job's row: if the job's are erased. */
    public static final String AFTER_A_LATE_ANSWER = ERASE
            + " AND id = :execution AND EXISTS (SELECT FROM jobs WHERE id = :job AND content_erased_at IS NOT NULL)";

    private ErasedCells() {}
}
