package io.projectbeacon.runner.execution;

/**
 * SQL that puts answers behind those that row {@code e} of {@code executions} has. So neither the service nor a statement ever
 * holds all that a cell was answered.
 *
 * <p>A write whose answer was lost is sent again, and finds its answers there. A row that has fewer than it is to have (a
 * failover has lost some) takes nothing: the next attempt at the cell asks from there.
 */
final class AppendedAnswers {

    private AppendedAnswers() {}

    /**
     * The row's answers then.
     *
     * @param answers the new ones, as a JSON array in text
     * @param stored behind how many they go; null when they are all
     */
    static String after(String answers, String stored) {
        return """
                CASE WHEN %2$s IS NULL THEN %1$s::json
                  WHEN %1$s <> '[]' AND json_array_length(e.answers) = %2$s
                    THEN (left(e.answers::text, -1) || ',' || substr(%1$s, 2))::json
                  ELSE e.answers END""".formatted(answers, stored);
    }

    /**
     * Whether the row takes them. One whose job's content has been erased has none, and takes the end of its cell.
     *
     * @param answered how many it has then
     */
    static String guard(String stored, String answered) {
        return """
                (%1$s IS NULL
                  OR json_array_length(e.answers) IN (%1$s, %2$s)
                  OR EXISTS (SELECT FROM jobs WHERE jobs.id = e.job_id AND jobs.content_erased_at IS NOT NULL))
                """.formatted(stored, answered);
    }
}
