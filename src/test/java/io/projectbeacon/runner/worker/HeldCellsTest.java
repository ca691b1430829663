package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A runner starts no job beyond {@code beacon.worker.max-cells}, however long the queue is. */
class HeldCellsTest {

    private static final int CELLS = 1_000;
    private static final double MEGABYTE = 1 << 20;

    private static final String COPIES = """
            INSERT INTO jobs
              (jobspec_id, on_unknown, priority, cells, timeout_ms, models, regions, spec, content, warnings, created_at,
               queued_at)
            SELECT 'copy-' || n, on_unknown, priority, cells, timeout_ms, models, regions, spec, content, warnings, now(),
              now()
            FROM jobs, generate_series(?, ?) n WHERE jobspec_id = 'first'
            """;

    private static String spec(String id, int models) {
        String names =
                IntStream.range(0, models).mapToObj(n -> "\"m" + n + "\"").collect(Collectors.joining(", "));
        return "{\"id\": \"%s\", \"models\": [%s], \"regions\": [\"us-east\"]}".formatted(id, names);
    }

    private static RunnerApp withCapacityForFive(FakeProvider provider, Database database) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.worker.max-cells=5");
        properties.add("--beacon.worker.poll-interval=50ms");
        return RunnerApp.start(database.url(), TestServers.newRedisUrl(), properties);
    }

    private static long running(Database database) {
        return database.count("SELECT count(*) FROM jobs WHERE status = 'running'");
    }

    @Test
    void no_further_job_is_taken_while_the_cells_held_reach_the_bound_and_a_larger_job_runs_alone() throws Exception {
        try (FakeProvider provider = FakeProvider.start();
                Database database = Database.fresh()) {
            provider.hold("us-east");
            try (RunnerApp runner = withCapacityForFive(provider, database)) {
                runner.submit(spec("larger", 7));
                await().until(() -> provider.calls().size() == 7);
                for (int job = 0; job < 4; job++) {
                    runner.submit(spec("small-" + job, 3));
                }
                await().during(Duration.ofMillis(500)).until(() -> running(database) == 1);
                provider.letThrough("us-east");
                runner.ended("larger");
                await().until(() -> provider.calls().size() == 7 + 6);
                await().during(Duration.ofMillis(500)).until(() -> running(database) == 2);
                provider.release("us-east");
                for (int job = 0; job < 4; job++) {
                    assertThat(runner.ended("small-" + job).path("status").asString())
                            .isEqualTo("completed");
                }
            }
        }
    }

    @Test
    void a_job_of_few_cells_with_much_to_ask_takes_as_much_room_as_one_of_many_cells() throws Exception {
        try (FakeProvider provider = FakeProvider.start();
                Database database = Database.fresh()) {
            provider.hold("us-east");
            try (RunnerApp runner = withCapacityForFive(provider, database)) {
                for (int job = 0; job < 4; job++) {
                    runner.submit(spec("long-" + job, 1)
                            .replace("\"models\"", "\"prompt\": \"%s\", \"models\"".formatted("x".repeat(3_000))));
                }
                await().until(() -> running(database) == 2);
                await().during(Duration.ofMillis(500)).until(() -> running(database) == 2);
                provider.release("us-east");
                for (int job = 0; job < 4; job++) {
                    assertThat(runner.ended("long-" + job).path("status").asString())
                            .isEqualTo("completed");
                }
            }
        }
    }

    @Test
    void a_runner_with_a_small_heap_works_beside_a_million_queued_cells_and_needs_no_more_for_them() throws Exception {
        try (FakeProvider provider = FakeProvider.start();
                Database database = Database.fresh()) {
            provider.hold("us-east");
            List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
            properties.add("--beacon.regions.us-east.max-in-flight=1");
            properties.add("--spring.datasource.url=" + database.url());
            properties.add("--spring.data.redis.url=" + TestServers.newRedisUrl());
            properties.add("--beacon.worker.poll-interval=100ms");
            properties.add("--logging.level.root=warn");
            properties.add("--logging.level.io.projectbeacon.runner.embedded=info");
            try (RunnerProcess runner = RunnerProcess.start("192m", properties)) {
                assertThat(runner.submit(spec("first", CELLS)).status()).isEqualTo(202);
                // Its region has one place, so the runner holds this job alone, and no other of the region.
                await().atMost(Duration.ofSeconds(30)).until(() -> running(database) == 1);
                double before = runner.liveHeap();

                database.jdbc().sql(COPIES).params(2, 1_001).update();
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> runner.metric("beacon_jobs_queued_cells") == 1_000.0 * CELLS);
                // Ten polls of the queue.
                await().during(Duration.ofSeconds(1)).until(() -> running(database) == 1);
                double after = runner.liveHeap();
                System.out.printf(
                        "Heap with %d cells held: %.0f MB, and with a million more queued: %.0f MB%n",
                        CELLS, before / MEGABYTE, after / MEGABYTE);
                assertThat(after - before).isLessThan(16 * MEGABYTE);

                assertThat(runner.submit(spec("one-more", 1)).status())
                        .as("a million cells are all that may wait")
                        .isEqualTo(429);
                provider.release("us-east");
                await().until(() -> database.count("SELECT count(*) FROM executions WHERE status = 'completed'") > 50);
            }
        }
    }
}
