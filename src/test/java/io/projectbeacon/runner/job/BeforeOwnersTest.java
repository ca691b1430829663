package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Database;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The statements of the version before jobs had owners, as its replicas send them while an upgrade goes on. */
class BeforeOwnersTest {

    private static final String INSERT = """
            INSERT INTO jobs
              (jobspec_id, idempotency_key, key_seed, on_unknown, priority, cells, min_success_rate, timeout_ms, models, regions,
               spec, content, warnings, created_at, queued_at)
            VALUES (?, ?, gen_random_uuid(), 'rerun', 0, 1, NULL, 600000, '{a}', '{us-east}', '{}', '{"prompt": "?"}', '[]',
              now(), now())
            ON CONFLICT DO NOTHING
            """;

    private static final String INSERT_OF_NOW = """
            INSERT INTO jobs
              (jobspec_id, caller, idempotency_key, key_of_batch, on_unknown, priority, cells, models, regions, spec, content,
               warnings, created_at, queued_at)
            VALUES (?, ?, ?, ?, 'rerun', 0, 1, '{a}', '{us-east}', '{}', '{"prompt": "?"}', '[]', now(), now())
            ON CONFLICT DO NOTHING
            """;

    private static final String LOOK = """
            WITH RECURSIVE lanes AS (
              (SELECT lane, parked FROM jobs WHERE status = 'queued' ORDER BY lane, parked LIMIT 1)
              UNION ALL
              SELECT further.lane, further.parked
              FROM lanes CROSS JOIN LATERAL (
                SELECT jobs.lane, jobs.parked FROM jobs
                WHERE status = 'queued' AND (jobs.lane, jobs.parked) > (lanes.lane, lanes.parked)
                ORDER BY jobs.lane, jobs.parked LIMIT 1
              ) further
            )
            SELECT jobspec_id
            FROM (
              SELECT front.id
              FROM lanes CROSS JOIN LATERAL (
                SELECT id, priority FROM jobs
                WHERE status = 'queued' AND lane = lanes.lane AND parked = lanes.parked
                ORDER BY priority DESC, id LIMIT 260
              ) front
              WHERE lanes.lane <> '{}'
              ORDER BY priority DESC, front.id LIMIT 260
            ) front
            CROSS JOIN LATERAL (SELECT * FROM jobs WHERE jobs.id = front.id OFFSET 0) jobs
            ORDER BY jobs.priority DESC, jobs.id
            """;

    private final Database database = Database.fresh();

    @AfterEach
    void close() {
        database.close();
    }

    private boolean insertedBefore(String id, String key) {
        return database.jdbc().sql(INSERT).params(id, key).update() == 1;
    }

    private boolean insertedNow(String name, String caller, String key, boolean ofBatch) {
        return database.jdbc()
                        .sql(INSERT_OF_NOW)
                        .params(name, caller, key, ofBatch)
                        .update()
                == 1;
    }

    @Test
    void what_they_store_belongs_to_the_default_caller_under_its_plain_id() {
        assertThat(insertedBefore("job", null)).isTrue();
        assertThat(insertedNow("acme/job", "acme", null, false)).isTrue();
        assertThat(insertedBefore("job", null)).isFalse();
        assertThat(database.jdbc()
                        .sql("SELECT caller || ' ' || jobspec_id FROM jobs ORDER BY id")
                        .query(String.class)
                        .list())
                .containsExactly("default job", "acme acme/job");
    }

    @Test
    void a_key_of_theirs_is_taken_for_both_kinds_of_keys_and_theirs_for_neither() {
        assertThat(insertedBefore("theirs", "bk/1")).isTrue();
        assertThat(insertedNow("alone", "default", "bk/1", false)).isFalse();
        assertThat(insertedNow("item", "default", "bk/1", true)).isFalse();

        assertThat(insertedNow("item-2", "default", "bk/2", true)).isTrue();
        assertThat(insertedNow("alone-2", "default", "bk/2", false)).isTrue();
        assertThat(insertedNow("item-again", "default", "bk/2", true)).isFalse();
        assertThat(insertedNow("alone-again", "default", "bk/2", false)).isFalse();
        assertThat(insertedBefore("theirs-2", "bk/2")).isFalse();

        assertThat(insertedNow("item-3", "default", "bk/3", true)).isTrue();
        assertThat(insertedBefore("theirs-3", "bk/3")).isFalse();
        assertThat(insertedNow("alone-4", "default", "bk/4", false)).isTrue();
        assertThat(insertedBefore("theirs-4", "bk/4")).isFalse();
        assertThat(insertedBefore("no-key", null) && insertedBefore("no-key-2", null))
                .isTrue();
    }

    @Test
    void their_looks_find_the_jobs_of_all_callers_in_their_old_order() {
        insertedNow("acme/first", "acme", null, false);
        insertedBefore("second", null);
        insertedNow("zeta/third", "zeta", null, false);
        insertedNow("acme/fourth", "acme", null, false);
        assertThat(database.jdbc().sql(LOOK).query(String.class).list())
                .containsExactly("acme/first", "second", "zeta/third", "acme/fourth");
    }

    @Test
    void their_looks_take_less_than_a_second_beside_a_hundred_thousand_jobs_of_one_caller() {
        database.jdbc().sql("""
                        INSERT INTO jobs
                          (jobspec_id, caller, on_unknown, priority, cells, models, regions, spec, content, warnings, created_at,
                           queued_at)
                        SELECT 'heavy/' || n, 'heavy', 'rerun', 0, 1, '{a}', '{us-east}', '{}', '{}', '[]', now(), now()
                        FROM generate_series(1, 100000) n
                        """).update();
        database.jdbc().sql("VACUUM ANALYZE jobs").update();
        long begin = System.nanoTime();
        List<String> found = database.jdbc().sql(LOOK).query(String.class).list();
        System.out.printf(
                "A look of the version before, with 100,000 jobs of one caller: %.1f ms%n",
                (System.nanoTime() - begin) / 1e6);
        assertThat(found).hasSize(260);
        assertThat(System.nanoTime() - begin).isLessThan(1_000_000_000L);
    }

    @Test
    void their_lookups_of_keys_use_an_index() {
        String plan = database.transaction().execute(status -> {
            database.template().execute("SET LOCAL enable_seqscan = off");
            return String.join(
                    "\n",
                    database.jdbc()
                            .sql("EXPLAIN SELECT id FROM jobs WHERE idempotency_key = 'k'")
                            .query(String.class)
                            .list());
        });
        assertThat(plan).contains("jobs_idempotency_key_key");
    }

    @Test
    void a_job_of_a_caller_is_named_with_it_and_found_by_its_plain_id() {
        insertedBefore("same", null);
        insertedNow("acme/same", "acme", null, false);
        insertedNow("zeta/same", "zeta", null, false);
        insertedNow("zeta/other", "zeta", null, false);
        JobReader reader = new JobReader(database.jdbc(), tools.jackson.databind.json.JsonMapper.shared());
        assertThat(Set.copyOf(reader.named("same"))).hasSize(3);
        assertThat(reader.named("other").getFirst().caller()).isEqualTo("zeta");
        assertThat(reader.named("acme/same")).isEmpty();
    }
}
