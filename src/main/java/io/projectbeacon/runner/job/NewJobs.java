package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.database.ConfirmedTransaction;
import io.projectbeacon.runner.database.Durability;
import io.projectbeacon.runner.database.GroupCommit;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.NotConfirmedException;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.KeyTag;
import io.projectbeacon.runner.jobspec.CellDuplicates;
import io.projectbeacon.runner.ledger.DuplicateLedger;
import io.projectbeacon.runner.ledger.DuplicateLedger.InputDuplicate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import tools.jackson.databind.json.JsonMapper;

/** Stores new jobs, those that come at the same time in one batch, each with the ledger of what was dropped from it. */
@Component
class NewJobs {

    private static final int LARGEST_BATCH = 100;

    /** So many characters of a spec take as much of a batch as one more job: a spec may have megabytes. */
    private static final int CHARACTERS = 16_384;

    /*
     * Insert first: of many requests that submit one id, key or nonce at the same time, one inserts; the others wait for it
     * here, and then read its job. Rows go in the order of their ids, so that two statements that wait for ids cannot deadlock;
     * two batches whose nonces cross can, and each of their jobs is then stored alone. Whatever a row conflicts with, it is
     * left out, and the other rows of the batch are stored.
     */
    private static final String INSERT = """
            INSERT INTO jobs
              (jobspec_id, caller, idempotency_key, key_of_batch, key_seed, on_unknown, priority, cells, min_success_rate, timeout_ms, models, regions,
               spec, content, text_bytes, warnings, signing_key, nonce, created_at, queued_at)
            SELECT jobspec_id, caller, idempotency_key, key_of_batch, key_seed::uuid, on_unknown, priority, cells, rate, timeout_ms,
              ARRAY(SELECT json_array_elements_text(models::json)), ARRAY(SELECT json_array_elements_text(regions::json)),
              spec::json, content::json, octet_length(spec) + octet_length(content), warnings::json, signing_key, nonce,
              now(), now()
            FROM unnest(:jobspecIds, :callers, :keys, :keysOfBatch::boolean[], :keySeeds, :onUnknown, :priorities, :cells, :rates,
                :timeouts, :models, :regions, :specs, :contents, :warnings, :signers::text[], :nonces::text[])
              AS job (jobspec_id, caller, idempotency_key, key_of_batch, key_seed, on_unknown, priority, cells, rate,
                timeout_ms, models, regions, spec, content, warnings, signing_key, nonce)
            ORDER BY jobspec_id
            ON CONFLICT DO NOTHING
            RETURNING jobspec_id, id, created_at
            """;

    /** What was done with a job: empty when there is a job of its id or key already, or was a moment ago. */
    private record Inserted(Optional<JobView> job) {}

    private final JdbcClient jdbc;

    /** For batches: one id that another transaction is about to store must not delay the other jobs for long. */
    private final JdbcClient limited;

    private final ConfirmedTransaction transaction;
    private final DuplicateLedger ledger;
    private final WakeUp wakeUp;
    private final JsonMapper json;
    private final GroupCommit<NewJob, Inserted> batches;
    private final Durability durability;

    /** The jobs that were inserted by a transaction whose end is not known. */
    private final Set<JobName> unanswered = ConcurrentHashMap.newKeySet();

    NewJobs(
            JdbcTemplate template,
            ConfirmedTransaction transaction,
            GroupCommits groupCommits,
            DuplicateLedger ledger,
            WakeUp wakeUp,
            JsonMapper json) {
        this.jdbc = JdbcClient.create(template);
        this.limited = TimeLimitedJdbc.of(template);
        this.durability = Durability.of(template);
        this.transaction = transaction;
        this.ledger = ledger;
        this.wakeUp = wakeUp;
        this.json = json;
        this.batches = groupCommits.of(
                "new jobs", this::storeTogether, new GroupCommit.Bounds<>(LARGEST_BATCH, NewJobs::size));
    }

    /**
     * Stores a job and queues it.
     *
     * @return empty when there is a job of its id or key already, or was a moment ago
     * @throws MaybeStoredException when it was inserted, and it is not known whether that was committed
     */
    Optional<JobView> store(NewJob job) {
        try {
            return batches.ask(job).orElseGet(() -> storeAlone(job)).job();
        } catch (DataAccessException | TransactionException failure) {
            throw unanswered.contains(job.name()) ? new MaybeStoredException(job.name(), failure) : failure;
        } finally {
            unanswered.remove(job.name());
        }
    }

    private static int size(NewJob job) {
        return 1 + (job.received().length() + job.content().length()) / CHARACTERS;
    }

    private Inserted storeAlone(NewJob job) {
        return new Inserted(Optional.ofNullable(store(jdbc, List.of(job)).get(job)));
    }

    /** Of several jobs with one name, the first is inserted; the others are answered as if they had come after it. */
    private List<Optional<Inserted>> storeTogether(List<NewJob> jobs) {
        Map<Object, NewJob> first = new LinkedHashMap<>();
        jobs.forEach(job -> first.putIfAbsent(job.foundBy(), job));
        Map<NewJob, JobView> stored = store(limited, List.copyOf(first.values()));
        return jobs.stream()
                .map(job -> first.get(job.foundBy()) == job
                        ? Optional.ofNullable(stored.get(job))
                        : Optional.<JobView>empty())
                .map(view -> Optional.of(new Inserted(view)))
                .toList();
    }

    private Map<NewJob, JobView> store(JdbcClient client, List<NewJob> jobs) {
        durability.beforeNewWork();
        List<JobName> inserted = new ArrayList<>();
        try {
            return transaction.execute(
                    () -> {
                        Map<NewJob, JobView> stored = insert(client, jobs);
                        stored.keySet().forEach(job -> inserted.add(job.name()));
                        return stored;
                    },
                    this::announce);
        } catch (NotConfirmedException unknown) {
            unanswered.addAll(inserted);
            throw unknown;
        }
    }

    private void announce(Map<NewJob, JobView> stored) {
        stored.keySet().forEach(job -> ledger.countInput(job.name().text(), dropped(job)));
        if (!stored.isEmpty()) {
            wakeUp.announce();
        }
    }

    private Map<NewJob, JobView> insert(JdbcClient client, List<NewJob> jobs) {
        Map<String, NewJob> byName = new HashMap<>();
        jobs.forEach(job -> byName.put(job.name().text(), job));
        Map<NewJob, JobView> stored = new IdentityHashMap<>();
        client.sql(INSERT)
                .params(ColumnArrays.of(jobs)
                        .texts("jobspecIds", job -> job.name().text())
                        .texts("callers", job -> job.name().caller())
                        .texts("keys", NewJob::keyText)
                        .sparseBooleans("keysOfBatch", NewJob::hasKeyOfBatch)
                        .texts("keySeeds", job -> KeyTag.drawSeed().toString())
                        .texts("onUnknown", job -> job.spec().onUnknown().wireName())
                        .integers("priorities", job -> job.spec().priority())
                        .integers("cells", NewJob::cells)
                        .decimals("rates", job -> job.spec().minSuccessRate())
                        .longs("timeouts", job -> job.timeout().toMillis())
                        .texts(
                                "models",
                                job -> json.writeValueAsString(job.spec().models()))
                        .texts(
                                "regions",
                                job -> json.writeValueAsString(job.spec().regions()))
                        .texts("specs", NewJob::received)
                        .texts("contents", NewJob::content)
                        .texts(
                                "warnings",
                                job -> json.writeValueAsString(job.spec().warnings()))
                        .sparseTexts(
                                "signers",
                                job -> job.nonce() == null ? null : job.nonce().key())
                        .sparseTexts(
                                "nonces",
                                job -> job.nonce() == null ? null : job.nonce().value())
                        .parameters())
                .query(row -> {
                    NewJob job = Objects.requireNonNull(byName.get(row.getString("jobspec_id")));
                    stored.put(job, view(job, row.getLong("id"), row.getObject("created_at", OffsetDateTime.class)));
                });
        Map<Long, List<InputDuplicate>> byJob = new HashMap<>();
        stored.forEach((job, view) -> byJob.put(view.jobId(), dropped(job)));
        ledger.recordInput(byJob);
        return stored;
    }

    private static List<InputDuplicate> dropped(NewJob job) {
        return job.spec().duplicates().stream()
                .map(dropped -> new InputDuplicate(
                        dropped.cell().region(), dropped.cell().modelId(), dropped.occurrences()))
                .toList();
    }

    /** What reading the job would give, if no runner takes it meanwhile. */
    private JobView view(NewJob job, long id, OffsetDateTime createdAt) {
        long detected = job.spec().duplicates().stream()
                .mapToLong(CellDuplicates::occurrences)
                .sum();
        return new JobView(
                id,
                job.name().id(),
                job.name().shownCaller(),
                JobStatus.QUEUED.wireName(),
                job.spec().priority(),
                job.spec().models(),
                job.spec().regions(),
                new JobView.Cells(job.cells(), job.cells(), 0, 0, 0, 0, 0, 0),
                new JobView.DuplicateCounts(
                        detected, 0, detected == 0 ? Map.of() : Map.of(DuplicateLayer.INPUT.wireName(), detected)),
                json.writeValueAsString(job.spec().warnings()),
                createdAt.toInstant(),
                createdAt.toInstant(),
                null,
                null,
                null,
                null,
                null,
                null,
                job.received());
    }
}
