package io.projectbeacon.runner.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class JobSeriesTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final JobSeries series = new JobSeries(registry, "c", "d", 2);

    private double sum() {
        return registry.get("c").counters().stream().mapToDouble(Counter::count).sum();
    }

    @Test
    void past_the_bound_new_series_fold_into_the_overflow_and_known_ones_go_on() {
        series.count("a", "r", "m", 1);
        series.count("b", "r", "m", 1);
        series.count("c", "r", "m", 1);
        series.count("a", "r", "m", 1);
        assertThat(registry.get("c").counters()).hasSize(3);
        assertThat(registry.get("c").tag("job_id", "a").counter().count()).isEqualTo(2);
        assertThat(registry.get("c").tag("job_id", JobSeries.OTHER).counter().count())
                .isEqualTo(1);
        assertThat(sum()).isEqualTo(4);
    }

    @Test
    void a_dropped_job_makes_room_for_another() {
        series.count("a", "r", "m", 1);
        series.count("a", "r", "n", 1);
        series.drop("a");
        assertThat(series.jobs()).isEmpty();
        series.count("b", "r", "m", 1);
        assertThat(series.jobs()).containsExactly("b");
        assertThat(sum()).isEqualTo(1);
    }
}
