package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.DuplicateLayer;
import io.projectbeacon.runner.metrics.DuplicateOutcome;
import jakarta.annotation.PreDestroy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Writes duplicates that cells were stopped as, or were found to be, into the ledger: those of many cells together. */
@Component
class StoppedDuplicates {

    /** What stood in the way of a duplicate, or beside it. */
    record Existing(@Nullable Long executionId, @Nullable ExecutionStatus status, int count) {

        @Nullable
        String statusName() {
            return status == null ? null : status.wireName();
        }
    }

    /**
     * A duplicate.
     *
     * @param event makes it safe to send the entry again when its answer was lost: it is counted once
     */
    record Entry(Cell cell, DuplicateLayer layer, DuplicateOutcome outcome, Existing existing, UUID event) {

        /** The entries with one key share a row. */
        Object key() {
            return List.of(cell, layer, outcome);
        }
    }

    private static final Logger log = LoggerFactory.getLogger(StoppedDuplicates.class);

    private static final int LARGEST = 256;

    /* Rows go in the order of the key, so that two statements that meet in several rows cannot each wait for the other. */
    private static final String RECORD = """
            INSERT INTO execution_duplicates AS d
              (job_id, region, model_id, layer, outcome, existing_execution_id, existing_status, existing_count,
               occurrences, runner, last_event_id, created_at, last_seen_at)
            SELECT job, region, model, layer, outcome, execution, status, count, 1, :runner, event, now(), now()
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
    private final PatientWriter writer;
    private final RunnerName runner;
    private final GroupCommit<Entry, Boolean> group;
    private final OutageLog outage = new OutageLog(log);

    StoppedDuplicates(JdbcTemplate template, PatientWriter writer, RunnerName runner) {
        this.jdbc = ImpatientClient.of(template);
        this.writer = writer;
        this.runner = runner;
        this.group = new GroupCommit<>(
                this::writeTogether,
                alone -> false,
                failure -> outage.away("A batch of duplicates failed; each is written alone", failure),
                writer.threads(),
                new GroupCommit.Bounds<>(LARGEST, entry -> 1));
    }

    /**
     * Writes an entry, however long the database takes to come back.
     *
     * @throws DataIntegrityViolationException when the job has been deleted
     */
    void write(Entry entry) {
        if (!group.ask(entry)) {
            writer.untilDone("a duplicate", () -> write(List.of(entry)));
        }
    }

    @PreDestroy
    void close() throws InterruptedException {
        group.drain();
    }

    /** PostgreSQL does not touch a row twice in one statement: of several entries for one row the first goes along. */
    private List<Optional<Boolean>> writeTogether(List<Entry> entries) {
        Map<Object, Entry> first = new LinkedHashMap<>();
        entries.forEach(entry -> first.putIfAbsent(entry.key(), entry));
        write(List.copyOf(first.values()));
        outage.back("Batches of duplicates are written again");
        return entries.stream()
                .map(entry -> Optional.of(first.get(entry.key()) == entry))
                .toList();
    }

    private int write(List<Entry> entries) {
        return jdbc.sql(RECORD)
                .param(
                        "jobs",
                        Columns.of(entries, Long[]::new, entry -> entry.cell().jobId()))
                .param(
                        "regions",
                        Columns.of(entries, String[]::new, entry -> entry.cell().region()))
                .param(
                        "models",
                        Columns.of(entries, String[]::new, entry -> entry.cell().modelId()))
                .param(
                        "layers",
                        Columns.of(
                                entries, String[]::new, entry -> entry.layer().wireName()))
                .param(
                        "outcomes",
                        Columns.of(
                                entries, String[]::new, entry -> entry.outcome().wireName()))
                .param(
                        "executions",
                        Columns.of(
                                entries, Long[]::new, entry -> entry.existing().executionId()))
                .param(
                        "statuses",
                        Columns.of(
                                entries,
                                String[]::new,
                                entry -> entry.existing().statusName()))
                .param(
                        "counts",
                        Columns.of(
                                entries,
                                Integer[]::new,
                                entry -> entry.existing().count()))
                .param(
                        "events",
                        Columns.of(
                                entries, String[]::new, entry -> entry.event().toString()))
                .param("runner", runner.value())
                .update();
    }
}
