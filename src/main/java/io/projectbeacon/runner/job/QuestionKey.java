package io.projectbeacon.runner.job;

/**
 * SQL about the idempotency key of the question that row {@code e} of {@code executions} asks next, or has failed at:
 * the one after its answers. Each question's key has a number, which grows when the provider has told the outcome of the
 * call under the key, and when a person gives the key up.
 */
public final class QuestionKey {

    /** The question's index, from 0. */
    public static final String QUESTION = "json_array_length(e.answers)";

    /** The number of its key. */
    public static final String NUMBER = numberOf(QUESTION);

    /** The number under which the row's latest attempt was made: its own end may have given the key up. */
    public static final String NUMBER_OF_LATEST =
            NUMBER + " - CASE WHEN (e.key_numbers ->> 'given_up_by')::integer = e.attempt THEN 1 ELSE 0 END";

    /** {@code key_numbers} after its key has been given up. */
    public static final String GIVEN_UP = givenUp(QUESTION);

    /** Whether an earlier call under its present key has an unknown outcome: that call may still be running. */
    public static final String IN_DOUBT = """
            e.past_attempts <> '[]' AND e.past_attempts @> jsonb_build_array(jsonb_build_object(
              'outcome', 'unknown', 'question', %s, 'key', %s))""".formatted(QUESTION, NUMBER);

    private QuestionKey() {}

    /** {@code key_numbers} after the key of a question has been given up, and by which attempt. */
    public static String givenUp(String question) {
        return "coalesce(e.key_numbers, '{}') || jsonb_build_object((%s)::text, %s + 1, 'given_up_by', e.attempt)"
                .formatted(question, numberOf(question));
    }

    private static String numberOf(String question) {
        return "coalesce((e.key_numbers ->> (%s)::text)::integer, e.definite_failures)".formatted(question);
    }
}
