package io.projectbeacon.runner.ledger;

import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.database.GroupCommit;
import io.projectbeacon.runner.database.GroupCommit.Written;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.database.UninterruptedWrites;
import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.RunnerName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Writes the duplicates that runs meet into the ledger, those of many cells in one batch. */
@Component
class LedgerBatches {

    /**
     * A duplicate.
     *
     * @param event makes it safe to send the entry again when its answer was lost: it is counted once
     */
    record Entry(
            Cell cell, DuplicateLayer layer, DuplicateOutcome outcome, DuplicateLedger.Existing existing, UUID event) {

        /** Entries with one key share a row. */
        Object key() {
            return List.of(cell, layer, outcome);
        }
    }

    private static final int LARGEST_BATCH = 256;

    /*
     * Rows go in the order of the key, so that two statements that meet in several rows cannot deadlock. A job that retention
     * has emptied takes no entry: its id is null here, which is refused.
     */
    private static final String RECORD = """
            INSERT INTO execution_duplicates AS d
              (job_id, region, model_id, layer, outcome, existing_execution_id, existing_status, existing_count,
               occurrences, runner, last_event_id, created_at, last_seen_at)
            SELECT (SELECT id FROM jobs WHERE id = job AND jobs.status IS NOT NULL FOR KEY SHARE),
              region, model, layer, outcome, execution, status, count, 1, :runner, event, now(), now()
            FROM unnest(:jobs, :regions, :models, :layers, :outcomes, :executions, :statuses, :counts, :events::uuid[])
              AS entry (job, region, model, layer, outcome, execution, status, count, event)
            ORDER BY job, region, model, layer, outcome
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

    private final JdbcClient jdbc;
    private final UninterruptedWrites writes;
    private final RunnerName runner;
    private final GroupCommit<Entry, Written> batches;

    LedgerBatches(JdbcTemplate template, GroupCommits groupCommits, UninterruptedWrites writes, RunnerName runner) {
        this.jdbc = TimeLimitedJdbc.of(template);
        this.writes = writes;
        this.runner = runner;
        this.batches = groupCommits.of("duplicates", this::writeTogether, GroupCommit.Bounds.requests(LARGEST_BATCH));
    }

    /**
     * Writes an entry, however long the database takes to come back.
     *
     * @throws DataIntegrityViolationException when the job has been deleted
     */
    void write(Entry entry) {
        if (batches.ask(entry).isEmpty()) {
            writes.untilDone("a duplicate", () -> write(List.of(entry)));
        }
    }

    /** PostgreSQL does not touch a row twice in one statement: of several entries for one row, the first is written. */
    private List<Optional<Written>> writeTogether(List<Entry> entries) {
        Map<Object, Entry> first = new LinkedHashMap<>();
        entries.forEach(entry -> first.putIfAbsent(entry.key(), entry));
        write(List.copyOf(first.values()));
        return entries.stream()
                .map(entry ->
                        first.get(entry.key()) == entry ? Optional.of(Written.WRITTEN) : Optional.<Written>empty())
                .toList();
    }

    private int write(List<Entry> entries) {
        return jdbc.sql(RECORD)
                .params(ColumnArrays.of(entries)
                        .longs("jobs", entry -> entry.cell().jobId())
                        .texts("regions", entry -> entry.cell().region())
                        .texts("models", entry -> entry.cell().modelId())
                        .texts("layers", entry -> entry.layer().wireName())
                        .texts("outcomes", entry -> entry.outcome().wireName())
                        .longs("executions", entry -> entry.existing().executionId())
                        .texts("statuses", entry -> entry.existing().statusName())
                        .integers("counts", entry -> entry.existing().count())
                        .texts("events", entry -> entry.event().toString())
                        .parameters())
                .param("runner", runner.value())
                .update();
    }
}
