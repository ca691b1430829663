package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.database.Durability;
import io.projectbeacon.runner.database.StatementForm;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.job.JobRows;
import io.projectbeacon.runner.job.RunColumns;
import io.projectbeacon.runner.ledger.CellKey;
import io.projectbeacon.runner.logs.Failures;
import io.projectbeacon.runner.logs.SparingLog;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.IncorrectUpdateSemanticsDataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.node.MissingNode;

/**
 * The claims of first runs, many in one plain insert.
 *
 * <p>No cell of a job's first run has a row yet, but by a fault. So nothing is looked up and no row is read back: the ids follow
 * from one number, and the answer is a row for each run. If anything goes wrong (a row is in the way, the answer is lost, the
 * key is missing), the statement for all claims decides, under the same claim ids, by which it knows what was written here.
 */
final class FirstClaims {

    private static final Logger log = LoggerFactory.getLogger(FirstClaims.class);
    private static final SparingLog SENT_AGAIN = new SparingLog();
    private static final SparingLog LEFT = new SparingLog();

    private static final int FIRST_FENCE = 1;

    /*
     * `owned` locks the jobs' rows as the statement for all claims does, and rows go in the same order, so that the two cannot
     * deadlock.
     *
     * Without the key ON CONFLICT fails, but a plain insert would let a second row in. So the catalog is asked for it, and
     * without it no row is written. The insert's lock on the table is there before the statement's snapshot, so a key that
     * is seen stays for as long as the statement takes.
     *
     * `block`: one draw is a thousand ids (V18), and the n-th claim takes the n-th of them. Those that are left over are no
     * other statement's, and none is kept for later: a later row of a job has a higher id, and pages go by id.
     */
    private static final String INSERT =
            """
            WITH owned AS MATERIALIZED (
              SELECT n, id, of_fence AS fence
            %s), block AS MATERIALIZED (
              SELECT nextval('executions_id_seq') AS first
            ), inserted AS (
              INSERT INTO executions
                (job_id, id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
              OVERRIDING SYSTEM VALUE
              SELECT owned.id, block.first + place - 1, region, model, 'running', 1, 'running', owned.fence, claim, :runner,
                now.at, now.at
              FROM unnest(:jobs, :regions, :models, :claims::uuid[]) WITH ORDINALITY AS asked (job, region, model, claim, place)
                JOIN owned ON owned.id = asked.job,
                block, (SELECT clock_timestamp() AS at) now
              WHERE %s
              ORDER BY asked.job, region, model
              RETURNING id
            )
            SELECT n, first, (SELECT count(*) FROM inserted) AS inserted FROM owned, block
            """.formatted(JobRows.owned(StatementForm.TOGETHER, "FOR SHARE"), CellKey.STANDS);

    /**
     * A row of the answer: a run that owns its job, and, in each row alike, the id of the first claim and the rows that were
     * written.
     */
    private record Owner(Run run, long first, int inserted) {}

    private final JdbcClient jdbc;
    private final Durability durability;
    private final RunnerName runner;

    FirstClaims(JdbcClient jdbc, Durability durability, RunnerName runner) {
        this.jdbc = jdbc;
        this.durability = durability;
        this.runner = runner;
    }

    /**
     * Decides a batch in which no cell is named twice.
     *
     * @param otherwise the statement for all claims
     * @throws DataAccessException when no claim was answered
     */
    Decided decide(List<ClaimRequest> batch, Function<List<ClaimRequest>, Decided> otherwise) {
        List<ClaimRequest> first =
                batch.stream().filter(FirstClaims::isOfFirstRun).toList();
        List<ClaimRequest> later =
                batch.stream().filter(claim -> !isOfFirstRun(claim)).toList();
        // A lone claim has a statement whose plan is kept, and a block has ids for no more than a batch.
        if (first.size() < 2 || first.size() > Claims.LARGEST_BATCH) {
            return otherwise.apply(batch);
        }
        Decided decided = insertedOr(otherwise, first);
        if (!later.isEmpty()) {
            try {
                decided.add(otherwise.apply(later));
            } catch (DataAccessException failed) {
                // The answers of the first runs must not be lost with it.
                warn(LEFT, "A part of a batch of claims failed; each of them is written alone", failed);
            }
        }
        return decided;
    }

    private static boolean isOfFirstRun(ClaimRequest claim) {
        return claim.run().fence() == FIRST_FENCE;
    }

    private Decided insertedOr(Function<List<ClaimRequest>, Decided> otherwise, List<ClaimRequest> claims) {
        try {
            return inserted(claims);
        } catch (DataAccessException failed) {
            warn(SENT_AGAIN, "First claims could not be inserted; the statement for all claims decides", failed);
            return otherwise.apply(claims);
        }
    }

    private Decided inserted(List<ClaimRequest> claims) {
        durability.beforeNewWork();
        List<Run> runs = claims.stream().map(ClaimRequest::run).distinct().toList();
        Decided decided = Decided.nothing();
        List<Owner> owners = jdbc.sql(INSERT)
                .params(ColumnArrays.of(claims)
                        .longs("jobs", claim -> claim.run().jobId())
                        .texts("regions", ClaimRequest::region)
                        .texts("models", ClaimRequest::modelId)
                        .texts("claims", claim -> claim.claimId().toString())
                        .parameters())
                .params(RunColumns.of(runs))
                .param("runner", runner.value())
                .query((row, n) ->
                        new Owner(runs.get(row.getInt("n") - 1), row.getLong("first"), row.getInt("inserted")))
                .list();
        if (owners.isEmpty()) {
            return decided;
        }
        owners.forEach(owner -> decided.owned().add(owner.run()));
        for (int place = 0; place < claims.size(); place++) {
            ClaimRequest claim = claims.get(place);
            if (decided.owned().contains(claim.run())) {
                decided.written().put(claim.cell(), fresh(owners.getFirst().first() + place));
            }
        }
        int written = decided.written().size();
        if (owners.getFirst().inserted() != written) {
            throw new IncorrectUpdateSemanticsDataAccessException("of %d rows %d were written: is the unique key there?"
                    .formatted(written, owners.getFirst().inserted()));
        }
        return decided;
    }

    /** What would be read of a row that the insert has written. */
    private static ClaimResult fresh(long id) {
        return new ClaimResult.Claimed(
                id, 1, Answers.NONE, new KeyNumbers(0, MissingNode.getInstance()), false, Counted.NONE, null);
    }

    private static void warn(SparingLog sparing, String consequence, DataAccessException failure) {
        sparing.line(before ->
                log.atWarn().addKeyValue("also_before", before).log("{}: {}", consequence, Failures.inWords(failure)));
    }
}
