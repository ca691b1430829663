package io.projectbeacon.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** PostgreSQL's plans for the statements of the whole service: those that its connections have prepared. */
class HotStatementsTest {

    private static final int CONNECTIONS = 4;

    private static final Pattern TABLE_READ_TO_ITS_END =
            Pattern.compile("Seq Scan on (jobs|executions|execution_duplicates)\\b");

    /* The sums over whole tables that gauges show; they are read once in a while. */
    private static final Set<String> MEANT_TO = Set.of(
            "SELECT status, count(*) AS jobs FROM jobs WHERE status IS NOT NULL GROUP BY status",
            "SELECT outcome, layer, sum(occurrences) AS times FROM execution_duplicates GROUP BY outcome, layer");

    private static final String FILLED = """
            INSERT INTO jobs
              (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content, warnings,
               created_at, queued_at, started_at, finished_at)
            SELECT 'old-' || n, 'completed', 1, 'rerun', 0, 1, '{}', '{}', '{}', '{}', '[]', now(), now(), now(), now()
            FROM generate_series(1, 20000) n;
            INSERT INTO executions
              (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at, completed_at)
            SELECT id, 'us-east', 'm', 'completed', 1, 'completed', 1, gen_random_uuid(), 'r', now(), now(), now() FROM jobs;
            INSERT INTO execution_duplicates
              (job_id, region, model_id, layer, outcome, existing_count, occurrences, runner, last_event_id, created_at, last_seen_at)
            SELECT id, 'us-east', 'm', 'claim', 'detected', 1, 1, 'r', gen_random_uuid(), now(), now() FROM jobs;
            ANALYZE
            """;

    private RunnerApp app;

    @BeforeEach
    void aServiceThatHasWorkedForLong() throws SQLException {
        String database = TestServers.newDatabase();
        app = RunnerApp.start(
                database,
                TestServers.newRedisUrl(),
                List.of(
                        "--beacon.inference.simulated.latency=0ms",
                        "--spring.flyway.url=" + database, // A connection of its own: migrations read whole tables.
                        "--spring.datasource.hikari.maximum-pool-size=" + CONNECTIONS,
                        "--spring.datasource.hikari.data-source-properties.prepareThreshold=1"));
        try (Connection ours = DriverManager.getConnection(database);
                Statement statement = ours.createStatement()) {
            statement.execute(FILLED);
        }
    }

    @AfterEach
    void close() {
        app.close();
    }

    private void run(String id, String models) {
        app.submit("""
                {"id": "%s", "models": [%s], "regions": ["us-east", "eu-west"]}""".formatted(id, models));
        assertThat(app.ended(id).get("status").asString()).isEqualTo("completed");
    }

    /** Reads what one of the service's connections tells about its prepared statements. */
    private interface Look {
        void at(Connection connection) throws SQLException;
    }

    private void onEachConnection(Look look) throws SQLException {
        List<Connection> all = new ArrayList<>();
        try {
            for (int n = 0; n < CONNECTIONS; n++) {
                all.add(app.bean(DataSource.class).getConnection());
            }
            for (Connection connection : all) {
                look.at(connection);
            }
        } finally {
            for (Connection connection : all) {
                connection.close();
            }
        }
    }

    @Test
    void every_statement_on_the_tables_of_jobs_and_cells_uses_an_index() throws SQLException {
        run("twice", "\"a\", \"b\", \"b\"");
        for (String page : List.of(
                "/jobs?limit=2",
                "/jobs?status=completed&limit=2",
                "/jobs/twice",
                "/jobs/twice/executions",
                "/jobs/twice/duplicates",
                "/duplicates?limit=2",
                "/duplicates?layer=input&limit=2",
                "/duplicates?outcome=allowed&limit=2")) {
            assertThat(app.get("/api/v1" + page).status()).as(page).isEqualTo(200);
        }
        assertThat(app.get("/actuator/prometheus").status()).isEqualTo(200);
        assertThat(app.get("/health").status()).isEqualTo(200);

        Map<String, String> plans = new LinkedHashMap<>();
        onEachConnection(connection -> plans.putAll(plans(connection)));

        assertThat(plans.keySet())
                .as("what was looked at")
                .anyMatch(sql -> sql.contains("INSERT INTO executions"))
                .anyMatch(sql -> sql.contains("UPDATE executions e SET"))
                .anyMatch(sql -> sql.contains("WITH RECURSIVE lanes"))
                .anyMatch(sql -> sql.contains("UPDATE jobs"))
                .anyMatch(sql -> sql.contains("FROM execution_duplicates"));
        plans.keySet().removeAll(MEANT_TO);
        plans.values().removeIf(plan -> !TABLE_READ_TO_ITS_END.matcher(plan).find());
        assertThat(plans).as("statements that read a table to its end").isEmpty();
    }

    /** Without a kept plan a lone cell would wait longer for the planner than for its claim and its end together. */
    @Test
    void claims_and_ends_of_lone_cells_are_not_planned_anew_each_time() throws SQLException {
        // One job after the other, so that each cell is claimed and ended alone.
        for (int n = 0; n < CONNECTIONS * 20; n++) {
            app.submit("""
                    {"id": "lone-%d", "models": ["m"], "regions": ["us-east"]}""".formatted(n));
            app.ended("lone-" + n);
        }

        Map<String, List<Long>> kept = new HashMap<>();
        onEachConnection(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT statement, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%(SELECT ($1)[1]%'")) {
                while (row.next()) {
                    String verb = row.getString(1).contains("INSERT INTO executions") ? "claim" : "end";
                    kept.computeIfAbsent(verb, v -> new ArrayList<>()).add(row.getLong(2));
                }
            }
        });

        assertThat(kept).containsOnlyKeys("claim", "end");
        assertThat(kept)
                .allSatisfy((verb, uses) -> assertThat(Collections.max(uses))
                        .as("the most uses of the kept plan of a %s on a connection", verb)
                        .isPositive());
    }

    /** The generic plans, made with no value known: these stay when a statement is hot. */
    private static Map<String, String> plans(Connection connection) throws SQLException {
        Map<String, String> statements = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("""
                    SELECT statement, quote_ident(name)
                        || coalesce('(' || (SELECT string_agg('NULL', ',') FROM unnest(parameter_types)) || ')', '')
                    FROM pg_prepared_statements
                    WHERE statement ~ '\\m(jobs|executions|execution_duplicates)\\M' AND statement !~ 'pg_prepared_statements'
                    """)) {
                while (row.next()) {
                    statements.put(row.getString(1), row.getString(2));
                }
            }
            statement.execute("SET plan_cache_mode = force_generic_plan");
            for (Map.Entry<String, String> prepared : statements.entrySet()) {
                StringBuilder plan = new StringBuilder();
                try (ResultSet row = statement.executeQuery("EXPLAIN EXECUTE " + prepared.getValue())) {
                    while (row.next()) {
                        plan.append(row.getString(1)).append('\n');
                    }
                }
                prepared.setValue(plan.toString());
            }
        }
        return statements;
    }
}
