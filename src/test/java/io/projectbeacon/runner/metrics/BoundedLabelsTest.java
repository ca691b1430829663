package io.projectbeacon.runner.metrics;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Names that a client made up keep no later name out for good. */
class BoundedLabelsTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final List<String> freed = new ArrayList<>();
    private final BoundedLabels labels =
            new BoundedLabels(2, List.of("kept"), SECONDS.toNanos(10), now::get, freed::add);

    private String label(String value) {
        List<String> label = new ArrayList<>();
        labels.use(value, label::add);
        assertThat(label).hasSize(1);
        return label.getFirst();
    }

    private void pass(long seconds) {
        now.addAndGet(SECONDS.toNanos(seconds));
    }

    @Test
    void past_the_bound_new_values_share_a_label_until_one_has_been_unused_for_long_enough() {
        assertThat(label("a")).isEqualTo("a");
        pass(6);
        assertThat(label("b")).isEqualTo("b");
        assertThat(label("c")).isEqualTo("_other");
        pass(3);
        assertThat(label("c")).isEqualTo("_other");
        pass(1);
        assertThat(label("c")).isEqualTo("c");
        assertThat(freed).containsExactly("a");
        assertThat(label("a")).isEqualTo("_other");
        assertThat(label("b")).isEqualTo("b");
    }

    @Test
    void a_value_that_is_used_keeps_its_label() {
        label("a");
        label("b");
        for (int second = 0; second < 100; second++) {
            pass(1);
            assertThat(label("a")).isEqualTo("a");
        }
        assertThat(label("c")).isEqualTo("c");
        assertThat(freed).containsExactly("b");
    }

    @Test
    void a_kept_value_and_the_shared_label_take_no_place_and_are_never_freed() {
        for (int round = 0; round < 3; round++) {
            assertThat(label("kept")).isEqualTo("kept");
            assertThat(label("_other")).isEqualTo("_other");
            assertThat(label("a" + round)).isEqualTo("a" + round);
            assertThat(label("b" + round)).isEqualTo("b" + round);
            pass(10);
        }
        assertThat(freed).doesNotContain("kept", "_other");
    }

    @Test
    void after_four_hundred_junk_names_a_model_gets_its_label_and_the_scrape_stays_bounded() {
        try (RunnerApp app = RunnerApp.fresh(
                "--beacon.inference.simulated.latency=0ms",
                "--beacon.metrics.model-retention=2s",
                "--beacon.metrics.models=configured")) {
            String junk = IntStream.range(0, 400)
                    .mapToObj(n -> "\"junk-%d\"".formatted(n))
                    .collect(Collectors.joining(", "));
            run(app, "junk", junk);
            assertThat(models(app)).hasSize(201).contains("_other");

            run(app, "configured", "\"configured\"");
            assertThat(models(app)).hasSize(202).contains("configured");

            AtomicLong job = new AtomicLong();
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                run(app, "good-" + job.incrementAndGet(), "\"good\"");
                assertThat(models(app)).contains("good");
            });
            assertThat(models(app)).hasSize(202).contains("configured");
            assertThat(app.scrape().lines().filter(line -> line.contains("model_id=\"good\"")))
                    .anyMatch(line -> line.startsWith("beacon_execution_duration_seconds_count"));
        }
    }

    private static void run(RunnerApp app, String id, String models) {
        app.submit("{\"id\": \"%s\", \"models\": [%s], \"regions\": [\"us-east\"]}".formatted(id, models));
        assertThat(app.ended(id).path("status").asString()).isEqualTo("completed");
    }

    /** The labels of the series that executions have. */
    private static List<String> models(RunnerApp app) {
        return app.scrape()
                .lines()
                .filter(line -> line.startsWith("beacon_executions_total{") && line.contains("region=\"us-east\""))
                .map(line -> line.replaceAll(".*model_id=\"([^\"]*)\".*", "$1"))
                .distinct()
                .toList();
    }
}
