package io.projectbeacon.runner.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two whole runners under one region's limit; the judge is the provider's own list of calls. */
class TotalOverReplicasTest {

    private static final int TOTAL = 3;
    private static final int JOBS = 8;
    private static final int CELLS = 10;

    private record Step(Instant at, int change) {}

    @Test
    void the_calls_of_two_runners_together_never_pass_the_total_and_the_other_region_is_not_held_up() throws Exception {
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        try (FakeProvider provider = FakeProvider.start()) {
            provider.latency("us-east", Duration.ofMillis(60));
            provider.latency("eu-west", Duration.ofMillis(60));
            List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
            properties.add("--beacon.regions.us-east.max-in-flight-total=" + TOTAL);
            properties.add("--beacon.worker.max-jobs=4"); // So that both get jobs.
            try (RunnerApp one = RunnerApp.start(database, redis, properties);
                    RunnerApp two = RunnerApp.start(database, redis, properties)) {
                for (int job = 0; job < JOBS; job++) {
                    assertThat(one.submit(spec("job-" + job)).status()).isEqualTo(202);
                }
                for (int job = 0; job < JOBS; job++) {
                    assertThat(two.ended("job-" + job).path("status").asString())
                            .isEqualTo("completed");
                }
                assertThat(provider.callsTo("us-east")).hasSize(JOBS * CELLS);
                assertThat(mostAtOnce(provider.callsTo("us-east"))).isEqualTo(TOTAL);
                assertThat(mostAtOnce(provider.callsTo("eu-west"))).isGreaterThan(TOTAL);
                for (RunnerApp app : List.of(one, two)) {
                    assertThat(app.metric("beacon_executions_total", "region=\"us-east\"", "status=\"completed\""))
                            .isPositive();
                    assertThat(app.metric("beacon_executions_in_flight")).isZero();
                }
            }
        }
    }

    private static String spec(String id) {
        List<String> models = new ArrayList<>();
        for (int model = 0; model < CELLS; model++) {
            models.add("\"m" + model + "\"");
        }
        return "{\"id\": \"%s\", \"models\": [%s], \"regions\": [\"us-east\", \"eu-west\"]}"
                .formatted(id, String.join(",", models));
    }

    private static int mostAtOnce(List<Call> calls) {
        List<Step> steps = new ArrayList<>();
        for (Call call : calls) {
            steps.add(new Step(call.start(), 1));
            steps.add(new Step(call.end(), -1));
        }
        // An end and a beginning at the same instant do not overlap.
        steps.sort(Comparator.comparing(Step::at).thenComparing(Step::change));
        int now = 0;
        int most = 0;
        for (Step step : steps) {
            now += step.change();
            most = Math.max(most, now);
        }
        return most;
    }
}
