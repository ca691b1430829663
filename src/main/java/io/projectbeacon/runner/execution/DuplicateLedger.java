package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.DuplicateLayer;
import io.projectbeacon.runner.metrics.DuplicateOutcome;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The account of duplicates: one row for each cell, layer and outcome, with how often it was met.
 *
 * <p>The counters follow the ledger: they count what has been written here, after it is durable.
 */
@Component
public class DuplicateLedger {

    /** A cell that a JobSpec named {@code occurrences} times too often. */
    public record InputDuplicate(String region, String modelId, long occurrences) {}

    /** What stood in the way of a duplicate, or beside it. */
    record Existing(@Nullable Long executionId, @Nullable ExecutionStatus status, int count) {}

    /*
     * The event's id makes it safe to send an entry again whose answer was lost: it is counted once.
     */
    private static final String RECORD = """
            INSERT INTO execution_duplicates AS d
              (job_id, region, model_id, layer, outcome, existing_execution_id, existing_status, existing_count,
               occurrences, runner, last_event_id, created_at, last_seen_at)
            VALUES (:job, :region, :model, :layer, :outcome, :execution, :status, :count,
               1, :runner, :event, now(), now())
            ON CONFLICT (job_id, region, model_id, layer, outcome) DO UPDATE SET
              occurrences = d.occurrences + 1,
              existing_execution_id = excluded.existing_execution_id,
              existing_status = excluded.existing_status,
              existing_count = excluded.existing_count,
              runner = excluded.runner,
              last_event_id = excluded.last_event_id,
              last_seen_at = greatest(d.last_seen_at, excluded.last_seen_at)
            WHERE d.last_event_id <> excluded.last_event_id
            """;

    private static final String RECORD_INPUT = """
            INSERT INTO execution_duplicates
              (job_id, region, model_id, layer, outcome, existing_count, occurrences, runner, last_event_id,
               created_at, last_seen_at)
            SELECT :job, dropped.region, dropped.model_id, 'input', 'detected', 0, dropped.occurrences, :runner, :event,
               now(), now()
            FROM unnest(:regions, :models, :occurrences) AS dropped (region, model_id, occurrences)
            """;

    private final JdbcClient jdbc;
    private final PatientWriter writer;
    private final BeaconMetrics metrics;
    private final RunnerName runner;

    DuplicateLedger(JdbcClient jdbc, PatientWriter writer, BeaconMetrics metrics, RunnerName runner) {
        this.jdbc = jdbc;
        this.writer = writer;
        this.metrics = metrics;
        this.runner = runner;
    }

    /** Writes what the normaliser dropped from a new job, in the transaction that stores the job. Counts nothing yet. */
    public void recordInput(long jobId, List<InputDuplicate> duplicates) {
        if (duplicates.isEmpty()) {
            return;
        }
        jdbc.sql(RECORD_INPUT)
                .param("job", jobId)
                .param("runner", runner.value())
                .param("event", UUID.randomUUID())
                .param(
                        "regions",
                        duplicates.stream().map(InputDuplicate::region).toArray(String[]::new))
                .param(
                        "models",
                        duplicates.stream().map(InputDuplicate::modelId).toArray(String[]::new))
                .param(
                        "occurrences",
                        duplicates.stream().map(InputDuplicate::occurrences).toArray(Long[]::new))
                .update();
    }

    /** Counts what {@link #recordInput} wrote, once its transaction has committed. */
    public void countInput(String jobspecId, List<InputDuplicate> duplicates) {
        duplicates.forEach(duplicate -> metrics.duplicates(
                DuplicateOutcome.DETECTED,
                DuplicateLayer.INPUT,
                jobspecId,
                duplicate.region(),
                duplicate.modelId(),
                duplicate.occurrences()));
    }

    /** Writes one duplicate and counts it, however long the database takes to come back. */
    void record(
            Run run,
            String region,
            String modelId,
            DuplicateLayer layer,
            DuplicateOutcome outcome,
            Existing existing,
            UUID event) {
        writer.untilDone(
                "a duplicate",
                () -> jdbc.sql(RECORD)
                        .param("job", run.jobId())
                        .param("region", region)
                        .param("model", modelId)
                        .param("layer", layer.wireName())
                        .param("outcome", outcome.wireName())
                        .param("execution", existing.executionId())
                        .param(
                                "status",
                                existing.status() == null
                                        ? null
                                        : existing.status().wireName())
                        .param("count", existing.count())
                        .param("runner", runner.value())
                        .param("event", event)
                        .update());
        metrics.duplicates(outcome, layer, run.jobspecId(), region, modelId, 1);
    }
}
