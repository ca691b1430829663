package io.projectbeacon.runner.execution;

/**
 * SQL for what an attempt leaves in {@code past_attempts} when the next one takes the row. One without an end is an
 * orphan.
 */
final class PastAttempt {

    private static final String OF_THE_ROW = """
            jsonb_build_object(
              'attempt', e.attempt, 'runner', e.runner, 'fence', e.fence, 'started_at', e.started_at,
              'ended_at', coalesce(e.completed_at, e.attempt_ended_at, greatest(e.started_at, %s)),
              'outcome', CASE WHEN e.outcome = 'running' THEN 'unknown' ELSE e.outcome END,
              'orphaned', e.outcome = 'running')""";

    private PastAttempt() {}

    /**
     * SQL for the attempt that row {@code e} has.
     *
     * @param unlessSeen SQL for the time at which it ended if its end was not seen
     */
    static String endedAt(String unlessSeen) {
        return OF_THE_ROW.formatted(unlessSeen);
    }
}
