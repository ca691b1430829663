package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Keys;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A runner with nothing configured but the provider is killed in the middle of its work and started again. */
class KilledRunnerTest {

    private static final int JOBS = 100;
    private static final int CELLS = 4;

    @Test
    void after_kill_nine_in_the_middle_of_a_hundred_jobs_all_end_and_no_completed_cell_runs_again(
            @TempDir Path directory) throws Exception {
        ServerFiles.allow(directory, "rwxr-xr-x");
        try (FakeProvider provider = FakeProvider.start()) {
            provider.latency("us-east", Duration.ofMillis(150));
            // The calls to one region do not end before the kill, so however slow the machine is, the kill comes in the
            // middle of the work. It has places for so many that jobs are started all the same.
            provider.hold("eu-west");
            List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
            properties.add("--beacon.embedded.directory=" + directory);
            properties.add("--beacon.regions.us-east.max-in-flight=8");
            properties.add("--beacon.regions.eu-west.max-in-flight=80");

            Set<String> completedBeforeTheKill;
            try (RunnerProcess first = RunnerProcess.start(properties)) {
                for (int job = 0; job < JOBS; job++) {
                    assertThat(first.submit("{\"id\": \"job-%d\", \"models\": [\"a\", \"b\"],".formatted(job)
                                            + " \"regions\": [\"us-east\", \"eu-west\"]}")
                                    .status())
                            .isEqualTo(202);
                }
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> provider.calls().size() > JOBS * CELLS / 3);
                completedBeforeTheKill = completed(first);
                first.kill();
            }
            provider.release("eu-west");
            int callsBeforeTheKill = provider.calls().size();
            assertThat(completedBeforeTheKill).isNotEmpty();
            assertThat(callsBeforeTheKill).isLessThan(JOBS * CELLS);

            try (RunnerProcess second = RunnerProcess.start(properties)) {
                await().atMost(Duration.ofSeconds(120))
                        .until(() -> second.get("/api/v1/jobs?status=completed&limit=1&total=true")
                                        .json()
                                        .path("total")
                                        .asInt()
                                == JOBS);
                judge(provider, second, completedBeforeTheKill, callsBeforeTheKill);
            }
        }
    }

    private static void judge(
            FakeProvider provider, RunnerProcess runner, Set<String> completedBeforeTheKill, int callsBeforeTheKill) {
        Map<String, Long> calls = provider.calls().stream()
                .collect(Collectors.groupingBy(call -> Keys.withoutTag(call.idempotencyKey()), Collectors.counting()));
        assertThat(calls).hasSize(JOBS * CELLS);
        // No cell that was seen completed before the kill was called after it.
        assertThat(provider.calls().subList(callsBeforeTheKill, provider.calls().size()))
                .noneMatch(call -> completedBeforeTheKill.contains(Keys.withoutTag(call.idempotencyKey())));
        // Every further call to a cell belongs to an attempt that ended unknown.
        int unknown = 0;
        for (int job = 0; job < JOBS; job++) {
            for (JsonNode cell : runner.cells("job-" + job).values()) {
                assertThat(cell.path("attempts").size())
                        .as(cell.toString())
                        .isGreaterThanOrEqualTo(calls.get(key(cell)).intValue());
                assertThat(cell.path("status").asString()).isEqualTo("completed");
                for (int attempt = 0; attempt < cell.path("attempts").size() - 1; attempt++) {
                    assertThat(cell.at("/attempts/" + attempt + "/outcome").asString())
                            .isEqualTo("unknown");
                    unknown++;
                }
            }
        }
        assertThat(runner.metric("beacon_executions_unknown_total")).isEqualTo(unknown);
        assertThat(runner.metric("beacon_executions_unknown_total", "cause=\"run_gone\""))
                .isEqualTo(unknown);
        assertThat(runner.metric("beacon_duplicates_total", "layer=\"redelivery\"", "outcome=\"detected\""))
                .isPositive();
        assertThat(runner.metric("beacon_duplicates_total", "outcome=\"allowed\""))
                .isZero();
    }

    private static Set<String> completed(RunnerProcess runner) {
        Set<String> keys = new HashSet<>();
        for (int job = 0; job < JOBS; job++) {
            for (JsonNode cell : runner.cells("job-" + job).values()) {
                if (cell.path("status").asString().equals("completed")) {
                    keys.add(key(cell));
                }
            }
        }
        return keys;
    }

    private static String key(JsonNode cell) {
        return cell.path("jobspec_id").asString() + "/" + cell.path("region").asString() + "/"
                + cell.path("model_id").asString() + "/0";
    }
}
