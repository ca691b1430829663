package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.job.InterruptedCalls;
import io.projectbeacon.runner.job.QuestionKey;

/**
 * SQL for the attempts of row {@code e}: the past ones, and the latest, which is the row itself.
 *
 * <p>Consecutive attempts that ended alike are one entry, with {@code times}: a cell that waits a day for a provider tries
 * a thousand times, and each try writes the row. Past {@value #MOST_APART} entries an attempt joins the last one like it,
 * wherever that stands, so that two refusals in turn do not fill the row either.
 */
final class PastAttempt {

    private static final int MOST_APART = 100;

    /** What of two attempts may differ when they ended alike. */
    private static final String DIFFERING = "'{attempt,started_at,ended_at,message,times}'::text[]";

    private static final String WITH_LATEST = """
            (SELECT CASE
               WHEN alike.place IS NULL THEN e.past_attempts || latest.entry
               ELSE jsonb_set(e.past_attempts, ARRAY[(alike.place - 1)::text],
                 e.past_attempts -> (alike.place - 1)::integer || jsonb_build_object(
                   'times', coalesce((e.past_attempts -> (alike.place - 1)::integer ->> 'times')::integer, 1) + 1,
                   'ended_at', latest.entry -> 'ended_at', 'message', latest.entry -> 'message'))
               END
             FROM (
               SELECT jsonb_strip_nulls(jsonb_build_object(
                 'attempt', e.attempt, 'runner', e.runner, 'fence', e.fence, 'started_at', e.started_at,
                 'ended_at', coalesce(e.completed_at, e.attempt_ended_at, %s),
                 'outcome', %s, 'orphaned', %s, 'question', %s, 'key', %s, 'code', %s, 'message', %s, 'http_status', e.error_http_status, 'paid', e.error_paid)) AS entry
             ) latest
             CROSS JOIN LATERAL (
               SELECT max(place) AS place
               FROM jsonb_array_elements(e.past_attempts) WITH ORDINALITY AS past (entry, place)
               WHERE past.entry - %s = latest.entry - %s
                 AND (place = jsonb_array_length(e.past_attempts) OR jsonb_array_length(e.past_attempts) >= %d)
             ) alike)""";

    /** The attempts as a reader sees them: the latest may be running, and has no end then. */
    static final String ALL = withLatest("NULL::timestamptz", "e.outcome", "false", "e.error_code", "e.error_message");

    /** Of an attempt without an end. A run that interrupts its calls notes why they have none: {@link InterruptedCalls}. */
    static final String ORPHANS_CODE = "coalesce(e.error_code, 'run_gone')";

    static final String ORPHANS_MESSAGE =
            "coalesce(e.error_message, 'The run that made the call is gone, and nobody saw the end of the call')";

    private PastAttempt() {}

    /**
     * The attempts before the next one. One without an end is an orphan: its outcome is unknown.
     *
     * @param unlessSeen SQL for the time at which the latest ended if its end was not seen
     */
    static String endedAt(String unlessSeen) {
        return withLatest(
                "greatest(e.started_at, %s)".formatted(unlessSeen),
                unlessOrphaned("'unknown'", "e.outcome"),
                "e.outcome = 'running'",
                unlessOrphaned(ORPHANS_CODE, "e.error_code"),
                unlessOrphaned(ORPHANS_MESSAGE, "e.error_message"));
    }

    private static String unlessOrphaned(String orphaned, String otherwise) {
        return "CASE WHEN e.outcome = 'running' THEN %s ELSE %s END".formatted(orphaned, otherwise);
    }

    /** Only an unknown outcome leaves a question in doubt, as {@link QuestionKey#IN_DOUBT} looks for. */
    private static String ifUnknown(String outcome, String value) {
        return "CASE WHEN %s = 'unknown' THEN %s END".formatted(outcome, value);
    }

    private static String withLatest(String end, String outcome, String orphaned, String code, String message) {
        return WITH_LATEST.formatted(
                end,
                outcome,
                orphaned,
                ifUnknown(outcome, QuestionKey.QUESTION),
                ifUnknown(outcome, QuestionKey.NUMBER_OF_LATEST),
                code,
                message,
                DIFFERING,
                DIFFERING,
                MOST_APART);
    }

    /** The code of the attempt before the row's own, if it was an orphan. An orphan's entry is never joined to another. */
    static final String ORPHANED = """
            CASE WHEN (e.past_attempts -> -1 ->> 'orphaned')::boolean
              AND (e.past_attempts -> -1 ->> 'attempt')::integer = e.attempt - 1 THEN e.past_attempts -> -1 ->> 'code' END""";
}
