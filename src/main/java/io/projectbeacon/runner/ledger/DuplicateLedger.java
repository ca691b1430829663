package io.projectbeacon.runner.ledger;

import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.logs.Failures;
import io.projectbeacon.runner.logs.SparingLog;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.util.List;
import java.util.Map;
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

    /**
     * The row that stopped a duplicate, or stands beside it.
     *
     * @param count how many rows the cell has
     */
    public record Existing(
            @Nullable Long executionId, @Nullable ExecutionStatus status, int count) {

        @Nullable
        String statusName() {
            return status == null ? null : status.wireName();
        }
    }

    /** A cell that has more than one row. */
    record Surplus(
            long jobId, String jobspecId, String region, String modelId, long newestExecutionId, int existingCount) {

        int rows() {
            return existingCount - 1;
        }
    }

    private static final String RECORD_INPUT = """
            INSERT INTO execution_duplicates
              (job_id, region, model_id, layer, outcome, existing_count, occurrences, runner, last_event_id,
               created_at, last_seen_at)
            SELECT dropped.job, dropped.region, dropped.model_id, 'input', 'detected', 0, dropped.occurrences, :runner,
               :event, now(), now()
            FROM unnest(:jobs, :regions, :models, :occurrences) AS dropped (job, region, model_id, occurrences)
            """;

    /* Two statements, since only a later one sees what another runner wrote while this one waited for its lock. */
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
    private final LedgerBatches batches;
    private final BeaconMetrics metrics;
    private final RunnerName runner;
    private final SparingLog deleted = new SparingLog();

    DuplicateLedger(
            JdbcClient jdbc,
            TransactionTemplate transaction,
            LedgerBatches batches,
            BeaconMetrics metrics,
            RunnerName runner) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.batches = batches;
        this.metrics = metrics;
        this.runner = runner;
    }

    /** Writes what the normaliser dropped from new jobs, in the transaction that stores them. Counts nothing yet. */
    public void recordInput(Map<Long, List<InputDuplicate>> byJob) {
        List<Map.Entry<Long, InputDuplicate>> dropped = byJob.entrySet().stream()
                .flatMap(job -> job.getValue().stream().map(duplicate -> Map.entry(job.getKey(), duplicate)))
                .toList();
        if (dropped.isEmpty()) {
            return;
        }
        jdbc.sql(RECORD_INPUT)
                .param("runner", runner.value())
                .param("event", UUID.randomUUID())
                .params(ColumnArrays.of(dropped)
                        .longs("jobs", Map.Entry::getKey)
                        .texts("regions", entry -> entry.getValue().region())
                        .texts("models", entry -> entry.getValue().modelId())
                        .longs("occurrences", entry -> entry.getValue().occurrences())
                        .parameters())
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

    /** Raises the audit's entry of a cell to what its rows say, and counts what no runner has counted yet. */
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

    /**
     * Writes a duplicate that a run met and, once that has committed, counts it, however long the database takes to come
     * back.
     */
    public void record(
            Run run, Cell cell, DuplicateLayer layer, DuplicateOutcome outcome, Existing existing, UUID event) {
        try {
            batches.write(new LedgerBatches.Entry(cell, layer, outcome, existing, event));
        } catch (DataIntegrityViolationException refused) {
            deleted.line(before -> log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", cell.region())
                    .addKeyValue("model_id", cell.modelId())
                    .addKeyValue("also_before", before)
                    .log(
                            "The job has been deleted, and its account of duplicates with it: {}",
                            Failures.inWords(refused)));
            return;
        }
        metrics.duplicates(outcome, layer, run.jobspecId(), cell.region(), cell.modelId(), 1);
    }
}
