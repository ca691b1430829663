package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.job.JobQueue.CallersRegion;
import io.projectbeacon.runner.job.JobQueue.Sizes;
import io.projectbeacon.runner.support.Database;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A look at the queue costs the same, however many jobs wait that cannot be started now. What each step of PostgreSQL's plan
 * reads is held; the times are printed, since they are the machine's.
 */
class QueueLookTest {

    private static final int MANY = 100_000;
    private static final int LIMIT = 260;
    private static final int LOOKS = 50;

    /** Of what one step of a plan reads: the jobs that are looked for, and some lanes. */
    private static final int FEW = 3 * LIMIT;

    private static final Pattern PARAMETER = Pattern.compile("(?<!:):(\\w+)");

    private static final String JOBS = """
            INSERT INTO jobs
              (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content, warnings,
               created_at, queued_at, started_at, wake_at, aside)
            SELECT '%s-' || n, 'queued', 1, 'rerun', 0, 4, '{a,b,c,d}', %s, '{}', '{"prompt": "Who?"}', '[]',
              now(), now(), %s, %s, %s
            FROM generate_series(1, %d) n
            """;

    private final Database database = Database.fresh();
    private final JobQueue queue = JobRoom.queue(database.pool(1));

    @AfterEach
    void close() {
        database.close();
    }

    private void jobs(String id, String regions, int jobs) {
        database.jdbc()
                .sql(JOBS.formatted(id, regions, "NULL", "NULL", "false", jobs))
                .update();
    }

    private void parked(String id, String regions, int jobs) {
        database.jdbc()
                .sql(JOBS.formatted(id, regions, "now()", "now() + interval '10 min'", "false", jobs))
                .update();
    }

    private void aside(String id, String wakeAt, int jobs) {
        database.jdbc()
                .sql(JOBS.formatted(id, "'{us-east}'", "now()", wakeAt, "true", jobs))
                .update();
    }

    private void neverAnalyzed() {
        database.jdbc().sql("ALTER TABLE jobs SET (autovacuum_enabled = false)").update();
    }

    private void analyzed() {
        database.jdbc().sql("VACUUM ANALYZE jobs").update();
    }

    /** How many rows the widest step of the plan reads; the plan is made without a value known, as for a hot statement. */
    private double widestStep(String sql, Object... values) {
        List<String> names = new ArrayList<>();
        Matcher parameter = PARAMETER.matcher(sql);
        String numbered = parameter.replaceAll(found -> {
            if (!names.contains(found.group(1))) {
                names.add(found.group(1));
            }
            return "\\$" + (names.indexOf(found.group(1)) + 1);
        });
        Map<String, String> literals = Map.of(
                "limit",
                String.valueOf(LIMIT),
                "full",
                literal(values, 0),
                "closed",
                literal(values, values.length - 1),
                "region",
                literal(values, 0),
                "least",
                "0",
                "most",
                "65536",
                "withPlace",
                literal(values, 0),
                "callers",
                "'{}'",
                "had",
                "'{}'",
                "sated",
                "'{}'");
        String arguments = String.join(", ", names.stream().map(literals::get).toList());
        String plan = database.transaction().execute(status -> {
            database.jdbc()
                    .sql("SET LOCAL plan_cache_mode = force_generic_plan")
                    .update();
            database.template().execute("PREPARE look AS " + numbered);
            String explained = database.template()
                    .queryForObject(
                            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE look"
                                    + (names.isEmpty() ? "" : "(" + arguments + ")"),
                            String.class);
            database.template().execute("DEALLOCATE look");
            return explained;
        });
        JsonNode root = JsonMapper.shared().readTree(plan).get(0);
        double widest = widest(root.get("Plan"));
        System.out.printf(
                "  widest step %.0f rows, %d pages, %.2f ms in PostgreSQL%n",
                widest,
                root.at("/Plan/Shared Hit Blocks").asLong()
                        + root.at("/Plan/Shared Read Blocks").asLong(),
                root.get("Execution Time").asDouble());
        return widest;
    }

    private static double widest(JsonNode step) {
        double read = step.path("Actual Rows").asDouble()
                + step.path("Rows Removed by Filter").asDouble(0)
                + step.path("Rows Removed by Index Recheck").asDouble(0);
        double widest = read * step.path("Actual Loops").asDouble(1);
        for (JsonNode part : step.path("Plans").values()) {
            widest = Math.max(widest, widest(part));
        }
        return widest;
    }

    private static String literal(Object[] values, int index) {
        if (values.length == 0) {
            return "NULL";
        }
        return values[index] instanceof Set<?> names
                ? "ARRAY[%s]::text[]"
                        .formatted(String.join(
                                ",", names.stream().map("'%s'"::formatted).toList()))
                : String.valueOf(values[index]);
    }

    /** The median time of a look, as the service makes it; on one connection, which has prepared it by then. */
    private static double millis(Runnable look) {
        long[] took = new long[LOOKS];
        for (int n = -10; n < LOOKS; n++) {
            long begin = System.nanoTime();
            look.run();
            if (n >= 0) {
                took[n] = System.nanoTime() - begin;
            }
        }
        Arrays.sort(took);
        return took[LOOKS / 2] / 1e6;
    }

    private void assertPassedOver(
            String what, boolean isAnalyzed, Set<String> full, Set<String> closed, Runnable fill) {
        neverAnalyzed();
        jobs("healthy", "'{eu-west}'", 1_000);
        double before = millis(() -> queue.next(JobRoom.NO_SHARES, Set.of(), Set.of(), Sizes.ALL, LIMIT));
        fill.run();
        if (isAnalyzed) {
            analyzed();
        }
        Set<CallersRegion> fullForAll = full.stream()
                .map(region -> new CallersRegion("default", region))
                .collect(Collectors.toSet());
        assertThat(queue.next(JobRoom.NO_SHARES, fullForAll, closed, Sizes.ALL, LIMIT))
                .hasSize(LIMIT)
                .allSatisfy(job -> assertThat(job.regions()).containsExactly("eu-west"))
                .isSortedAccordingTo((one, other) -> Long.compare(one.jobId(), other.jobId()));
        double after = millis(() -> queue.next(JobRoom.NO_SHARES, fullForAll, closed, Sizes.ALL, LIMIT));
        System.out.printf(
                "%s%s: a look takes %.2f ms, and took %.2f ms without them%n",
                what, isAnalyzed ? "" : ", never analyzed", after, before);
        assertThat(widestStep(
                        QueueLook.STARTABLE,
                        full.stream().map("default/"::concat).collect(Collectors.toSet()),
                        closed))
                .isLessThan(FEW);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void jobs_that_are_parked_for_a_closed_region_are_passed_over(boolean isAnalyzed) {
        assertPassedOver(
                MANY + " parked jobs of a closed region",
                isAnalyzed,
                Set.of(),
                Set.of("us-east"),
                () -> parked("parked", "'{us-east}'", MANY));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void jobs_of_a_full_region_are_passed_over(boolean isAnalyzed) {
        assertPassedOver(
                MANY + " jobs of a full region",
                isAnalyzed,
                Set.of("us-east"),
                Set.of(),
                () -> jobs("behind", "'{us-east}'", MANY));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void jobs_in_many_lanes_are_passed_over(boolean isAnalyzed) {
        String regions = "CASE n % 4 WHEN 0 THEN '{us-east}'::text[] WHEN 1 THEN '{us-east,us-west}'::text[]"
                + " WHEN 2 THEN '{us-west}'::text[] ELSE '{full,us-east}'::text[] END";
        assertPassedOver(
                MANY + " jobs in eight lanes", isAnalyzed, Set.of("full"), Set.of("us-east", "us-west"), () -> {
                    parked("parked", regions, MANY / 2);
                    jobs("behind", regions, MANY / 2);
                });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void what_is_to_be_parked_or_tried_out_is_found_at_once(boolean isAnalyzed) {
        neverAnalyzed();
        parked("parked", "'{us-east}'", MANY);
        jobs("behind", "'{us-west}'", MANY);
        jobs("healthy", "'{eu-west}'", 1_000);
        if (isAnalyzed) {
            analyzed();
        }
        Set<String> closed = Set.of("us-east", "us-west");
        assertThat(queue.toPark(JobRoom.NO_SHARES, closed, LIMIT))
                .hasSize(LIMIT)
                .allSatisfy(job -> assertThat(job.regions()).containsExactly("us-west"));
        assertThat(queue.forTrial(JobRoom.NO_SHARES, "us-east", closed, LIMIT))
                .hasSize(LIMIT)
                .allSatisfy(job -> assertThat(job.regions()).containsExactly("us-east"));
        assertThat(queue.forTrial(JobRoom.NO_SHARES, "us-west", closed, LIMIT)).isEmpty();
        System.out.printf(
                "to park: %.2f ms, for a trial: %.2f ms%n",
                millis(() -> queue.toPark(JobRoom.NO_SHARES, closed, LIMIT)),
                millis(() -> queue.forTrial(JobRoom.NO_SHARES, "us-east", closed, LIMIT)));
        assertThat(widestStep(QueueLook.TO_PARK, closed)).isLessThan(FEW);
        assertThat(widestStep(QueueLook.FOR_TRIAL, Set.of("us-east"), closed)).isLessThan(FEW);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothing_is_read_of_parked_jobs_whose_time_has_not_come(boolean isAnalyzed) {
        neverAnalyzed();
        parked("parked", "'{us-east}'", MANY);
        aside("aside", "now() + interval '1 min'", MANY);
        if (isAnalyzed) {
            analyzed();
        }
        assertThat(queue.due(true, LIMIT)).isEmpty();
        System.out.printf("none due: %.2f ms%n", millis(() -> queue.due(true, LIMIT)));
        assertThat(widestStep(QueueLook.DUE, "true")).isLessThan(FEW);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void jobs_whose_time_has_come_are_found_at_once_among_many_that_wait_or_have_no_place(boolean isAnalyzed) {
        neverAnalyzed();
        parked("parked", "'{us-east}'", MANY);
        aside("aside", "now() - interval '1 s'", MANY);
        database.jdbc()
                .sql("UPDATE jobs SET wake_at = now() - interval '1 min' WHERE jobspec_id = 'parked-7'")
                .update();
        if (isAnalyzed) {
            analyzed();
        }
        assertThat(queue.due(false, LIMIT))
                .singleElement()
                .satisfies(job -> assertThat(job.regions()).containsExactly("us-east"));
        assertThat(queue.due(true, LIMIT)).hasSize(LIMIT);
        System.out.printf(
                "due: %.2f ms, without a place: %.2f ms%n",
                millis(() -> queue.due(true, LIMIT)), millis(() -> queue.due(false, LIMIT)));
        assertThat(widestStep(QueueLook.DUE, "true")).isLessThan(FEW);
        assertThat(widestStep(QueueLook.DUE, "false")).isLessThan(FEW);
    }
}
