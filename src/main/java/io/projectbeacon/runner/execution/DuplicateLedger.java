package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.DuplicateLayer;
import io.projectbeacon.runner.metrics.DuplicateOutcome;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The account of duplicates: one row for each cell, layer and outcome, with how often it was met.
 *
 * <p>The counters follow the ledger: they count what has been written here, after it is durable.
 */
@Component
public class DuplicateLedger {

    private static final Logger log = LoggerFactory.getLogger(DuplicateLedger.class);

    /** A cell that a JobSpec named {@code occurrences} times too often. */
    public record InputDuplicate(String region, String modelId, long occurrences) {}

    /** A cell that has more than one row. */
    record Surplus(
            long jobId, String jobspecId, String region, String modelId, long newestExecutionId, int existingCount) {

        int rows() {
            return existingCount - 1;
        }
    }

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

    /* Two statements, since only a later one sees what another runner has written while this one waited for it. */
    private static final String OPEN_AUDIT = """
            INSERT INTO execution_duplicates
              (job_id, region, model_id, layer, outcome, existing_execution_id, existing_status, existing_count,
               occurrences, runner, last_event_id, created_at, last_seen_at)
            SELECT e.job_id, e.region, e.model_id, 'audit', 'allowed', e.id, e.status, :count, :rows, :runner, :event,
               now(), now()
            FROM executions e WHERE e.job_id = :job AND e.id = :execution
            ON CONFLICT (job_id, region, model_id, layer, outcome) DO NOTHING
            """;

    private static final String AUDITED = """
            SELECT occurrences FROM execution_duplicates
            WHERE job_id = :job AND region = :region AND model_id = :model AND layer = 'audit' AND outcome = 'allowed'
            FOR UPDATE
            """;

    private static final String RAISE_AUDIT = """
            UPDATE execution_duplicates SET
              occurrences = :rows, existing_count = :count, existing_execution_id = :execution, runner = :runner,
              last_event_id = :event, last_seen_at = greatest(last_seen_at, now())
            WHERE job_id = :job AND region = :region AND model_id = :model AND layer = 'audit' AND outcome = 'allowed'
            """;

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final PatientWriter writer;
    private final BeaconMetrics metrics;
    private final RunnerName runner;

    DuplicateLedger(
            JdbcClient jdbc,
            TransactionTemplate transaction,
            PatientWriter writer,
            BeaconMetrics metrics,
            RunnerName runner) {
        this.jdbc = jdbc;
        this.transaction = transaction;
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

    /** Raises the audit's entry of a cell to what its rows say, and counts what nobody has counted yet. */
    void recordSurplus(Surplus cell) {
        Long raised = transaction.execute(status -> {
            if (audit(OPEN_AUDIT, cell).update() == 1) {
                return (long) cell.rows();
            }
            long before = audit(AUDITED, cell).query(Long.class).optional().orElse((long) cell.rows());
            if (before >= cell.rows()) {
                return 0L;
            }
            audit(RAISE_AUDIT, cell).update();
            return cell.rows() - before;
        });
        if (raised != null && raised > 0) {
            metrics.duplicates(
                    DuplicateOutcome.ALLOWED,
                    DuplicateLayer.AUDIT,
                    cell.jobspecId(),
                    cell.region(),
                    cell.modelId(),
                    raised);
        }
    }

    private JdbcClient.StatementSpec audit(String sql, Surplus cell) {
        return jdbc.sql(sql)
                .param("job", cell.jobId())
                .param("region", cell.region())
                .param("model", cell.modelId())
                .param("execution", cell.newestExecutionId())
                .param("count", cell.existingCount())
                .param("rows", cell.rows())
                .param("runner", runner.value())
                .param("event", UUID.randomUUID());
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
        try {
            writer.untilDone("a duplicate", () -> write(run, region, modelId, layer, outcome, existing, event));
        } catch (DataIntegrityViolationException refused) {
            log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", region)
                    .addKeyValue("model_id", modelId)
                    .log("The job has been deleted, and its account of duplicates with it: {}", refused.getMessage());
            return;
        }
        metrics.duplicates(outcome, layer, run.jobspecId(), region, modelId, 1);
    }

    private int write(
            Run run,
            String region,
            String modelId,
            DuplicateLayer layer,
            DuplicateOutcome outcome,
            Existing existing,
            UUID event) {
        return jdbc.sql(RECORD)
                .param("job", run.jobId())
                .param("region", region)
                .param("model", modelId)
                .param("layer", layer.wireName())
                .param("outcome", outcome.wireName())
                .param("execution", existing.executionId())
                .param(
                        "status",
                        existing.status() == null ? null : existing.status().wireName())
                .param("count", existing.count())
                .param("runner", runner.value())
                .param("event", event)
                .update();
    }
}
