package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.TestServers;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the writes of today's design cost at the least: on today's schema, without the foreign key of the cells; first
 * runs are claimed by a plain insert under ids that are drawn a thousand at a time, and no row comes back.
 */
final class NewFloor extends Floor {

    /* As the migrations of this design have it; without effect where they have run. */
    private static final String SCHEMA = """
            ALTER TABLE executions DROP CONSTRAINT IF EXISTS executions_job_id_fkey;
            ALTER SEQUENCE executions_id_seq INCREMENT BY 1000;
            """;

    private static final String START = """
            UPDATE jobs SET
              status = 'running', fence = fence + 1, leased_until = NULL,
              started_at = coalesce(started_at, greatest(queued_at, clock_timestamp()))
            WHERE id IN (SELECT id FROM jobs WHERE status = 'queued' AND lane = '{}' AND NOT parked AND caller = 'default'
                         ORDER BY priority DESC, id LIMIT :jobs FOR UPDATE SKIP LOCKED)
            RETURNING id
            """;

    private static final String CLAIM = """
            WITH owned AS MATERIALIZED (
              SELECT id, fence FROM jobs WHERE id = ANY (:owned) AND fence = 1 AND status = 'running'
              ORDER BY id FOR SHARE
            )
            INSERT INTO executions
              (id, job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
            OVERRIDING SYSTEM VALUE
            SELECT c.id, o.id, c.region, c.model, 'running', 1, 'running', o.fence, c.claim, 'floor', now.at, now.at
            FROM unnest(:ids, :jobs, :regions, :models, :claims) AS c (id, job, region, model, claim)
              JOIN owned o ON o.id = c.job, (SELECT clock_timestamp() AS at) now
            """;

    NewFloor(int cellsOfOne) {
        super(cellsOfOne, TestServers.newDatabase());
        prepare(SCHEMA);
        template();
    }

    @Override
    public String name() {
        return "Today's statements alone";
    }

    @Override
    String start() {
        return START;
    }

    @Override
    List<Claimed> claim(Long[] owned) {
        Columns cells = columns(owned);
        long first = jdbc().sql("SELECT nextval('executions_id_seq')")
                .query(Long.class)
                .single();
        Long[] ids =
                IntStream.range(0, cells.jobs().length).mapToObj(n -> first + n).toArray(Long[]::new);
        int claimed = jdbc().sql(CLAIM)
                .param("owned", owned)
                .param("ids", ids)
                .param("jobs", cells.jobs())
                .param("regions", cells.regions())
                .param("models", cells.models())
                .param("claims", cells.claims())
                .update();
        if (claimed != ids.length) {
            throw new IllegalStateException((ids.length - claimed) + " cells were not claimed");
        }
        return IntStream.range(0, claimed)
                .mapToObj(n -> new Claimed(cells.jobs()[n], ids[n]))
                .toList();
    }
}
