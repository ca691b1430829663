package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.execution.ExecutionView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One cell: what it was asked and has answered, its attempts, and what of it was stopped.
 *
 * @param status null when the job has no such cell
 * @param context what a model is told beside the questions
 * @param parameters JSON; null when there are none
 * @param duplicates in sentences
 */
record CellDetail(
        String region,
        String modelId,
        @Nullable String status,
        boolean isOver,
        String took,
        List<Message> context,
        @Nullable String parameters,
        List<Exchange> exchanges,
        @Nullable Failure failure,
        List<Try> tries,
        List<String> duplicates) {

    /** A message of a conversation. */
    record Message(String role, String text) {}

    /**
     * A question, and its answer.
     *
     * @param answer null when there is none yet
     */
    record Exchange(int number, String question, @Nullable Answer answer) {}

    /**
     * What the model said, each text as it came.
     *
     * @param details by name, in the order in which they are shown; those that are not known say so
     */
    record Answer(
            String text,
            List<Detail> details,
            @Nullable String reasoning,
            @Nullable String refusal,
            @Nullable String toolCalls) {}

    /** A name and a value. */
    record Detail(String name, String value) {}

    /** Why there is no answer. */
    record Failure(
            String code,
            String message,
            List<Detail> details,
            @Nullable String answer) {}

    /** Attempts that followed each other and ended alike. */
    record Try(
            String numbers,
            long run,
            String runner,
            Instant startedAt,
            @Nullable Instant endedAt,
            String took,
            String outcome,
            String why) {}

    /** A cell that the job does not have. */
    static CellDetail none(String region, String modelId) {
        return new CellDetail(region, modelId, null, true, "–", List.of(), null, List.of(), null, List.of(), List.of());
    }

    /** The attempts of a row. */
    static List<Try> tries(ExecutionView row) {
        return row.attempts().stream().map(CellDetail::one).toList();
    }

    private static Try one(ExecutionView.AttemptView attempt) {
        String first = ReportWords.number(attempt.attempt());
        String code = attempt.code() == null ? "" : attempt.code();
        return new Try(
                attempt.times() == 1
                        ? first
                        : first + " to " + ReportWords.number(attempt.attempt() + attempt.times() - 1L),
                attempt.fence(),
                attempt.runner(),
                attempt.startedAt(),
                attempt.endedAt(),
                attempt.endedAt() == null
                        ? "–"
                        : ReportWords.time(Duration.between(attempt.startedAt(), attempt.endedAt())),
                attempt.outcome(),
                code
                        + (attempt.httpStatus() == null ? "" : " (HTTP " + attempt.httpStatus() + ")")
                        + (attempt.message() == null ? "" : ": " + attempt.message())
                        + (Boolean.TRUE.equals(attempt.paid()) ? " It was paid for." : ""));
    }
}
