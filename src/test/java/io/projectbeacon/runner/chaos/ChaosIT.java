package io.projectbeacon.runner.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Three runners of the packaged jar, one PostgreSQL, one Redis and one provider, under every kind of fault.
 *
 * <p>One seed, two minutes: {@code ./mvnw verify}. Another seed: {@code -Dchaos.seed=7}. Many seeds, for 20 minutes:
 * {@code ./mvnw -Pchaos verify -Dchaos.minutes=20}.
 */
class ChaosIT {

    private static final Path TARGET = Path.of("target", "chaos");
    private static final Duration CALM = Duration.ofSeconds(8);
    private static final Duration STORM = Duration.ofSeconds(55);
    private static final int CALM_JOBS = 24;
    private static final int JOBS = 140;
    private static final long SEED = Long.getLong("chaos.seed", 1);
    private static final Duration MINUTES = Duration.ofMinutes(Long.getLong("chaos.minutes", 0));

    @Test
    void whatever_breaks_no_job_is_lost_and_no_call_is_made_twice_that_is_not_accounted_for() throws Exception {
        long end = System.nanoTime() + MINUTES.toNanos();
        long seed = SEED;
        do {
            Report report = play(seed);
            System.out.println(report.text());
            Files.writeString(TARGET.resolve("report-" + seed + ".txt"), report.text());
            assertThat(report.violations()).as("seed " + seed).isEmpty();
            seed++;
        } while (System.nanoTime() < end);
    }

    private static Report play(long seed) throws Exception {
        try (Storm storm = new Storm(Plan.of(seed, CALM, CALM_JOBS, STORM, JOBS), TARGET)) {
            return storm.play();
        }
    }
}
