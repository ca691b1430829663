package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The yardstick: what the service's own writes cost at the least, as they were when the yardstick was made. The same rows
 * in the same tables, with the fence, the row lock, the foreign key, the unique key and the takeover clause, for many
 * cells in one statement, and nothing around them. Its schema is a frozen copy, so that it moves with nothing.
 */
class Floor implements Contender {

    /**
     * The cells in one statement. Of 240, 480 and 1,000, measured alternately, each was faster than the one before;
     * 2,000 and 4,800 were not faster than 1,000 by more than the rounds differed.
     */
    private static final int BATCH = 1_000;

    /** Statements at once. Two were faster than one; three were not faster by more than the rounds differed. */
    private static final int WRITERS = 2;

    private static final String START = """
            UPDATE jobs SET
              status = 'running', fence = fence + 1, leased_until = NULL,
              started_at = coalesce(started_at, greatest(queued_at, clock_timestamp()))
            WHERE id IN (SELECT id FROM jobs WHERE status = 'queued' ORDER BY priority DESC, id LIMIT :jobs
                         FOR UPDATE SKIP LOCKED)
            RETURNING id
            """;

    private static final String CLAIM = """
            WITH owned AS MATERIALIZED (
              SELECT id, fence, retry_fence FROM jobs WHERE id = ANY (:owned) AND fence = 1 AND status = 'running'
              ORDER BY id FOR SHARE
            )
            INSERT INTO executions AS e
              (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
            SELECT o.id, c.region, c.model, 'running', 1, 'running', o.fence, c.claim, 'floor', now.at, now.at
            FROM unnest(:jobs, :regions, :models, :claims) AS c (job, region, model, claim)
              JOIN owned o ON o.id = c.job, (SELECT clock_timestamp() AS at) now
            ON CONFLICT (job_id, region, model_id) DO UPDATE SET
              status = 'running', attempt = e.attempt + 1, fence = excluded.fence, claim_id = excluded.claim_id
            WHERE e.status = 'running' AND e.fence < excluded.fence
            RETURNING e.job_id, e.id
            """;

    private static final String END = """
            WITH owned AS MATERIALIZED (
              SELECT id FROM jobs WHERE id = ANY (:owned) AND fence = 1 AND status = 'running' ORDER BY id FOR SHARE
            )
            UPDATE executions e SET
              status = 'completed', outcome = 'completed', answers = c.answers::json,
              completed_at = greatest(e.started_at, clock_timestamp())
            FROM unnest(:jobs, :executions, :answers) AS c (job, execution, answers) JOIN owned o ON o.id = c.job
            WHERE e.job_id = o.id AND e.id = c.execution AND e.attempt = 1 AND e.status IN ('running', 'unknown')
            """;

    private static final String FINISH = """
            UPDATE jobs j SET
              finished_at = greatest(started_at, clock_timestamp()),
              status = CASE WHEN c.completed = j.cells THEN 'completed' ELSE 'failed' END
            FROM (SELECT job_id, count(*) AS completed FROM executions
                  WHERE job_id = ANY (:owned) AND status = 'completed' GROUP BY job_id) c
            WHERE j.id = c.job_id AND j.fence = 1 AND j.status = 'running'
            """;

    /** A cell that may be called. */
    record Claimed(long job, long execution) {}

    private final Peer peer;
    private final int cellsOfOne;

    Floor(int cellsOfOne) {
        this(cellsOfOne, TestServers.newEmptyDatabase());
        prepare(schema());
        template();
    }

    /** On a database that the service's migrations have made, or will. */
    Floor(int cellsOfOne, String database) {
        this.cellsOfOne = cellsOfOne;
        this.peer = new Peer(database, WRITERS);
    }

    private static String schema() {
        try (InputStream file = Objects.requireNonNull(Floor.class.getResourceAsStream("/yardstick.sql"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    final void prepare(String statements) {
        new JdbcTemplate(peer.pool()).execute(statements);
    }

    /** Stores the job that is copied. */
    final void template() {
        peer.jdbc()
                .sql("""
                        INSERT INTO jobs
                          (jobspec_id, status, on_unknown, priority, cells, models, regions, spec, content, warnings,
                           created_at, queued_at, finished_at)
                        VALUES ('template', 'cancelled', 'rerun', 0, :cells, '{}', '{}', :spec::json, :spec::json, '[]',
                           now(), now(), now())
                        """)
                .param("cells", cellsOfOne)
                .param("spec", Prepared.spec("template", cellsOfOne))
                .update();
    }

    final JdbcClient jdbc() {
        return peer.jdbc();
    }

    @Override
    public String name() {
        return "The yardstick: the statements alone";
    }

    @Override
    public int fill(int executions) {
        int filled = Prepared.copies(peer.jdbc(), "template", cellsOfOne, executions);
        peer.ready(filled);
        return filled;
    }

    @Override
    public Duration drain() throws Exception {
        long begin = System.nanoTime();
        Parallel.run(WRITERS, writer -> write());
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        return took;
    }

    @Override
    public void rest() throws InterruptedException {
        peer.ended("SELECT 1 FROM jobs WHERE status IN ('queued', 'running', 'failed')");
        peer.rest();
    }

    private void write() {
        while (true) {
            Long[] jobs = peer
                    .jdbc()
                    .sql(start())
                    .param("jobs", Math.max(1, BATCH / cellsOfOne))
                    .query(Long.class)
                    .list()
                    .stream()
                    .sorted()
                    .toArray(Long[]::new);
            if (jobs.length == 0) {
                return;
            }
            end(jobs, claim(jobs));
            peer.jdbc().sql(FINISH).param("owned", jobs).update();
        }
    }

    /** The statement that takes jobs from the queue. */
    String start() {
        return START;
    }

    /** Each cell of these jobs, the claims of all of them committed. */
    List<Claimed> claim(Long[] owned) {
        Columns cells = columns(owned);
        return peer.jdbc()
                .sql(CLAIM)
                .param("owned", owned)
                .param("jobs", cells.jobs())
                .param("regions", cells.regions())
                .param("models", cells.models())
                .param("claims", cells.claims())
                .query((row, n) -> new Claimed(row.getLong("job_id"), row.getLong("id")))
                .list();
    }

    /** The cells of a batch, by column. */
    record Columns(Long[] jobs, String[] regions, String[] models, UUID[] claims) {}

    final Columns columns(Long[] owned) {
        List<Long> jobs = new ArrayList<>();
        List<String> regions = new ArrayList<>();
        List<String> models = new ArrayList<>();
        List<UUID> claims = new ArrayList<>();
        for (Long job : owned) {
            for (String region : Prepared.regions(cellsOfOne)) {
                for (String model : Prepared.models(cellsOfOne)) {
                    jobs.add(job);
                    regions.add(region);
                    models.add(model);
                    claims.add(UUID.randomUUID());
                }
            }
        }
        return new Columns(
                jobs.toArray(Long[]::new),
                regions.toArray(String[]::new),
                models.toArray(String[]::new),
                claims.toArray(UUID[]::new));
    }

    private void end(Long[] owned, List<Claimed> claimed) {
        claimed.forEach(cell -> peer.execute());
        peer.jdbc()
                .sql(END)
                .param("owned", owned)
                .param("jobs", claimed.stream().map(Claimed::job).toArray(Long[]::new))
                .param("executions", claimed.stream().map(Claimed::execution).toArray(Long[]::new))
                .param("answers", claimed.stream().map(cell -> Prepared.ANSWER).toArray(String[]::new))
                .update();
    }

    @Override
    public void close() {
        peer.close();
    }
}
