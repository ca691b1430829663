package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.job.InterruptedCalls;
import io.projectbeacon.runner.job.QuestionKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** Reads the rows that stood in the way of claims. */
final class ExistingExecutions {

    /**
     * How many answers row {@code e} has, and their marks, in place of the answers, which may have megabytes. A field of an
     * object with U+0000 in it cannot be read, so that goes first, in a way that leaves the text JSON.
     */
    static final String ANSWERED = """
            json_array_length(e.answers) AS answered,
              CASE WHEN json_array_length(e.answers) > 0 THEN (
                SELECT string_agg(DISTINCT mark, ',')
                FROM json_array_elements(replace(e.answers::text, '\\u0000', '\\u0020')::json) answer,
                  json_array_elements_text(answer -> 'flagged') mark) END AS marks""";

    /*
     * Read after the claim, because the claim's own snapshot cannot see a concurrent winner. The newest row speaks for
     * the cell; there is only one as long as the unique key stands.
     */
    private static final String EXISTING = """
            SELECT DISTINCT ON (job_id, region, model_id)
              job_id, region, model_id, id, status, attempt, fence, claim_id, %s, definite_failures, key_numbers,
              attempts_counted, repeats_counted, %s AS in_doubt, %s AS orphaned,
              count(*) OVER (PARTITION BY job_id, region, model_id) AS existing_count
            FROM unnest(:jobs, :regions, :models) AS asked (job, of_region, of_model)
            JOIN executions e ON job_id = job AND region = of_region AND model_id = of_model
            ORDER BY job_id, region, model_id, id DESC
            """.formatted(ANSWERED, QuestionKey.IN_DOUBT, PastAttempt.ORPHANED);

    /**
     * A cell's row.
     *
     * @param claimed the answer to the claim that wrote the row
     */
    record Row(Cell cell, ClaimResult.Claimed claimed, ExecutionStatus status, long fence, UUID claimId, int count) {

        int attempt() {
            return claimed.attempt();
        }

        /** The answer to a claim that did not get through. */
        ClaimResult answerTo(ClaimRequest request) {
            return switch (status) {
                case RUNNING ->
                    claimId.equals(request.claimId())
                            ? claimed
                            : fence == request.run().fence() ? duplicate() : new ClaimResult.RunReplaced();
                case COMPLETED -> duplicate();
                case FAILED, CANCELLED, UNKNOWN -> new ClaimResult.AlreadyEnded();
            };
        }

        private ClaimResult duplicate() {
            return new ClaimResult.Duplicate(claimed.executionId(), status, fence, count);
        }
    }

    private final JdbcClient jdbc;
    private final JsonMapper json;

    ExistingExecutions(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    Optional<Row> of(Cell cell) {
        return Optional.ofNullable(of(List.of(cell)).get(cell));
    }

    /** The rows of the cells that have one. */
    Map<Cell, Row> of(Collection<Cell> cells) {
        if (cells.isEmpty()) {
            return Map.of();
        }
        return jdbc
                .sql(EXISTING)
                .param("jobs", cells.stream().map(Cell::jobId).toArray(Long[]::new))
                .param("regions", cells.stream().map(Cell::region).toArray(String[]::new))
                .param("models", cells.stream().map(Cell::modelId).toArray(String[]::new))
                .query((row, n) -> new Row(
                        cell(row),
                        claimed(row),
                        ExecutionStatus.of(row.getString("status")),
                        row.getLong("fence"),
                        row.getObject("claim_id", UUID.class),
                        row.getInt("existing_count")))
                .list()
                .stream()
                .collect(Collectors.toMap(Row::cell, row -> row));
    }

    private KeyNumbers keyNumbers(ResultSet row) throws SQLException {
        String stored = row.getString("key_numbers");
        return new KeyNumbers(
                row.getInt("definite_failures"), stored == null ? json.missingNode() : json.readTree(stored));
    }

    /** Why the end of an orphan was not seen, by its code; null when the claim has met none. */
    static @Nullable UnknownCause orphaned(ResultSet row) throws SQLException {
        String code = row.getString("orphaned");
        return code == null ? null : code.equals(InterruptedCalls.CODE) ? UnknownCause.SHUTDOWN : UnknownCause.RUN_GONE;
    }

    Cell cell(ResultSet row) throws SQLException {
        return new Cell(row.getLong("job_id"), row.getString("region"), row.getString("model_id"));
    }

    ClaimResult.Claimed claimed(ResultSet row) throws SQLException {
        return new ClaimResult.Claimed(
                row.getLong("id"),
                row.getInt("attempt"),
                Answers.stored(row.getInt("answered"), row.getString("marks")),
                keyNumbers(row),
                row.getBoolean("in_doubt"),
                new Counted(row.getInt("attempts_counted"), row.getInt("repeats_counted")),
                orphaned(row));
    }
}
