package io.projectbeacon.runner.job;

import io.projectbeacon.runner.execution.Columns;
import io.projectbeacon.runner.execution.DuplicateLedger;
import io.projectbeacon.runner.execution.DuplicateLedger.InputDuplicate;
import io.projectbeacon.runner.execution.GroupCommit;
import io.projectbeacon.runner.execution.ImpatientClient;
import io.projectbeacon.runner.execution.KnownTransaction;
import io.projectbeacon.runner.execution.OutageLog;
import io.projectbeacon.runner.metrics.DuplicateLayer;
import io.projectbeacon.runner.worker.WakeUp;
import jakarta.annotation.PreDestroy;
import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Stores new jobs, those that come at the same time together, each with the ledger of what was dropped from it. */
@Component
class NewJobs {

    private static final Logger log = LoggerFactory.getLogger(NewJobs.class);

    private static final int LARGEST = 100;

    /** Specs of this many characters take one job's room more: one may have megabytes. */
    private static final int CHARACTERS = 16_384;

    /*
     * Insert first: of many that submit one id or key at the same time, one inserts, and the others wait for it here
     * and then read it. Rows go in the order of their ids, so that two statements do not each wait for the other.
     */
    private static final String INSERT = """
            INSERT INTO jobs
              (jobspec_id, idempotency_key, on_unknown, priority, cells, min_success_rate, timeout_ms, models, regions,
               spec, content, warnings, created_at, queued_at)
            SELECT jobspec_id, idempotency_key, on_unknown, priority, cells, rate, timeout_ms,
              ARRAY(SELECT json_array_elements_text(models::json)), ARRAY(SELECT json_array_elements_text(regions::json)),
              spec::json, content::json, warnings::json, now(), now()
            FROM unnest(:jobspecIds, :keys, :onUnknown, :priorities, :cells, :rates, :timeouts, :models, :regions,
                :specs, :contents, :warnings)
              AS job (jobspec_id, idempotency_key, on_unknown, priority, cells, rate, timeout_ms, models, regions,
                spec, content, warnings)
            ORDER BY jobspec_id
            ON CONFLICT DO NOTHING
            RETURNING jobspec_id, id, created_at
            """;

    private final JdbcClient jdbc;
    /** For many: one name that somebody is about to store must not hold up the others for long. */
    private final JdbcClient impatient;

    private final KnownTransaction transaction;
    private final DuplicateLedger ledger;
    private final WakeUp wakeUp;
    private final JsonMapper json;
    private final GroupCommit<NewJob, Optional<JobView>> group;
    private final OutageLog outage = new OutageLog(log);

    NewJobs(
            JdbcTemplate template,
            KnownTransaction transaction,
            DuplicateLedger ledger,
            WakeUp wakeUp,
            JsonMapper json) {
        this.jdbc = JdbcClient.create(template);
        this.impatient = ImpatientClient.of(template);
        this.transaction = transaction;
        this.ledger = ledger;
        this.wakeUp = wakeUp;
        this.json = json;
        this.group = new GroupCommit<>(
                this::storeTogether,
                job -> Optional.ofNullable(store(jdbc, List.of(job)).get(job)),
                failure -> outage.away("A batch of jobs could not be stored; each is stored alone", failure),
                Thread::startVirtualThread,
                new GroupCommit.Bounds<>(LARGEST, NewJobs::size));
    }

    /**
     * Stores a job and queues it.
     *
     * @return empty when there is a job of its id or key already, or was a moment ago
     */
    Optional<JobView> store(NewJob job) {
        return group.ask(job);
    }

    @PreDestroy
    void close() throws InterruptedException {
        group.drain();
    }

    private static int size(NewJob job) {
        return 1 + (job.spec().length() + job.content().length()) / CHARACTERS;
    }

    /** Of several with one name the first goes along; the others find it stored, or in the way of nobody any more. */
    private List<Optional<Optional<JobView>>> storeTogether(List<NewJob> jobs) {
        Map<String, NewJob> first = new LinkedHashMap<>();
        jobs.forEach(job -> first.putIfAbsent(job.name(), job));
        Map<NewJob, JobView> stored = store(impatient, List.copyOf(first.values()));
        outage.back("Jobs are stored together again");
        return jobs.stream()
                .map(job -> Optional.of(Optional.ofNullable(first.get(job.name()) == job ? stored.get(job) : null)))
                .toList();
    }

    private Map<NewJob, JobView> store(JdbcClient client, List<NewJob> jobs) {
        return transaction.execute(() -> insert(client, jobs), stored -> {
            stored.keySet().forEach(job -> ledger.countInput(job.jobspecId(), job.duplicates()));
            if (!stored.isEmpty()) {
                wakeUp.announce();
            }
        });
    }

    private Map<NewJob, JobView> insert(JdbcClient client, List<NewJob> jobs) {
        Map<String, NewJob> byId = new HashMap<>();
        jobs.forEach(job -> byId.put(job.jobspecId(), job));
        Map<NewJob, JobView> stored = new IdentityHashMap<>();
        client.sql(INSERT)
                .param("jobspecIds", Columns.of(jobs, String[]::new, NewJob::jobspecId))
                .param("keys", Columns.of(jobs, String[]::new, NewJob::idempotencyKey))
                .param("onUnknown", Columns.of(jobs, String[]::new, job -> job.holdsUnknown() ? "hold" : "rerun"))
                .param("priorities", Columns.of(jobs, Integer[]::new, NewJob::priority))
                .param("cells", Columns.of(jobs, Integer[]::new, NewJob::cells))
                .param("rates", Columns.of(jobs, BigDecimal[]::new, NewJob::minSuccessRate))
                .param(
                        "timeouts",
                        Columns.of(jobs, Long[]::new, job -> job.timeout().toMillis()))
                .param("models", Columns.of(jobs, String[]::new, job -> json.writeValueAsString(job.models())))
                .param("regions", Columns.of(jobs, String[]::new, job -> json.writeValueAsString(job.regions())))
                .param("specs", Columns.of(jobs, String[]::new, NewJob::spec))
                .param("contents", Columns.of(jobs, String[]::new, NewJob::content))
                .param("warnings", Columns.of(jobs, String[]::new, job -> json.writeValueAsString(job.warnings())))
                .query(row -> {
                    NewJob job = Objects.requireNonNull(byId.get(row.getString("jobspec_id")));
                    stored.put(job, view(job, row.getLong("id"), row.getObject("created_at", OffsetDateTime.class)));
                });
        Map<Long, List<InputDuplicate>> dropped = new HashMap<>();
        stored.forEach((job, view) -> dropped.put(view.jobId(), job.duplicates()));
        ledger.recordInput(dropped);
        return stored;
    }

    /** What reading it would give, if no runner takes it meanwhile. */
    private JobView view(NewJob job, long id, OffsetDateTime createdAt) {
        long detected =
                job.duplicates().stream().mapToLong(InputDuplicate::occurrences).sum();
        return new JobView(
                id,
                job.jobspecId(),
                JobStatus.QUEUED.wireName(),
                job.priority(),
                job.models(),
                job.regions(),
                new JobView.Cells(job.cells(), job.cells(), 0, 0, 0, 0, 0),
                new JobView.DuplicateCounts(
                        detected, 0, detected == 0 ? Map.of() : Map.of(DuplicateLayer.INPUT.wireName(), detected)),
                json.writeValueAsString(job.warnings()),
                createdAt.toInstant(),
                createdAt.toInstant(),
                null,
                null,
                job.spec());
    }
}
