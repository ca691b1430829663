package io.projectbeacon.runner.metrics;

import static java.util.Comparator.comparing;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.support.RunnerApp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A scrape stays small however many jobs and models a runner has seen. */
class ManyJobsTest {

    private static final int JOBS = 50_000;

    /**
     * How many of them are submitted by HTTP, each with a model that it names twice. The others are counted as the
     * ledger counts them, without a request: to submit all ({@code -Dcardinality.submitted=50000}) takes minutes.
     */
    private static final int SUBMITTED = Integer.getInteger("cardinality.submitted", 2_500);

    private static final int CLIENTS = 16;

    // The bound, as docs/guarantees.md states it.
    private static final int JOB_SERIES = 2_000;
    private static final int MODELS = 200;
    private static final int SERIES_OF_A_MODEL_IN_A_REGION = 42;
    private static final int ALL_OTHER_SERIES = 2_000;
    private static final int BYTES_OF_A_SERIES = 200;
    private static final Duration SLOWEST_SCRAPE = Duration.ofSeconds(1);

    private record Scrape(String text, Duration took) {

        /** The fastest of five, so that other load on the machine is not measured. */
        static Scrape of(RunnerApp app) {
            return Stream.generate(() -> once(app))
                    .limit(5)
                    .min(comparing(Scrape::took))
                    .orElseThrow();
        }

        private static Scrape once(RunnerApp app) {
            long before = System.nanoTime();
            String text = app.scrape();
            return new Scrape(text, Duration.ofNanos(System.nanoTime() - before));
        }

        List<String> series() {
            return text.lines().filter(line -> !line.startsWith("#")).toList();
        }

        long models(String name) {
            return series().stream()
                    .filter(line -> line.startsWith(name + "{"))
                    .map(line -> line.replaceAll(".*model_id=\"([^\"]*)\".*", "$1"))
                    .distinct()
                    .count();
        }
    }

    private static void print(String what, Scrape scrape) {
        System.out.printf(
                "%s: %d series, %d bytes, scraped in %d ms%n",
                what,
                scrape.series().size(),
                scrape.text().length(),
                scrape.took().toMillis());
    }

    private static void assertThatItIsSmall(Scrape scrape, int series) {
        assertThat(scrape.series().size()).as("series").isLessThanOrEqualTo(series);
        assertThat(scrape.text().length()).as("bytes").isLessThan(series * BYTES_OF_A_SERIES);
        assertThat(scrape.took()).isLessThan(SLOWEST_SCRAPE);
    }

    @Test
    void fifty_thousand_jobs_with_duplicates_leave_the_scrape_small_and_its_sums_true() throws Exception {
        // The worker is off: running the jobs takes time, and adds nothing to what is counted by job.
        try (RunnerApp app =
                RunnerApp.fresh("--beacon.worker.enabled=false", "--logging.level.io.projectbeacon.runner.api=error")) {
            long start = System.nanoTime();
            submit(app, SUBMITTED);
            long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
            BeaconMetrics metrics = app.bean(BeaconMetrics.class);
            for (int job = SUBMITTED + 1; job <= JOBS; job++) {
                metrics.duplicates(DuplicateOutcome.DETECTED, DuplicateLayer.INPUT, "job-" + job, "us-east", "a", 1);
            }
            for (int job = 1; job <= JOBS; job++) {
                metrics.duplicates(
                        DuplicateOutcome.ALLOWED, DuplicateLayer.COMPLETION, "job-" + job, "us-east", "a", 2);
            }

            Scrape scrape = Scrape.of(app);
            print("%d jobs with duplicates, %d of them submitted in %d s".formatted(JOBS, SUBMITTED, seconds), scrape);
            assertThatItIsSmall(scrape, 2 * (JOB_SERIES + 1) + ALL_OTHER_SERIES);
            assertThat(app.metric("beacon_execution_duplicates_detected_total")).isEqualTo(JOBS);
            assertThat(app.metric("beacon_duplicates_total", "outcome=\"detected\""))
                    .isEqualTo(JOBS);
            assertThat(app.metric("beacon_execution_duplicates_allowed_total")).isEqualTo(2 * JOBS);
            assertThat(app.metric("beacon_duplicates_total", "outcome=\"allowed\""))
                    .isEqualTo(2 * JOBS);
            assertThat(app.metric("beacon_execution_duplicates_detected_total", "job_id=\"_other\""))
                    .isEqualTo(JOBS - JOB_SERIES);
            assertThat(app.jdbc()
                            .sql("SELECT sum(occurrences) FROM execution_duplicates WHERE outcome = 'detected'")
                            .query(Integer.class)
                            .single())
                    .isEqualTo(SUBMITTED);
        }
    }

    private static void submit(RunnerApp app, int last) throws Exception {
        AtomicInteger next = new AtomicInteger(1);
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<Boolean>> done = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                done.add(clients.submit(() -> {
                    for (int job = next.getAndIncrement(); job <= last; job = next.getAndIncrement()) {
                        String spec = "{\"id\": \"job-%d\", \"models\": [\"a\", \"a\"], \"regions\": [\"us-east\"]}";
                        assertThat(app.submit(spec.formatted(job)).status()).isEqualTo(202);
                    }
                    return true;
                }));
            }
            for (Future<Boolean> client : done) {
                assertThat(client.get()).isTrue();
            }
        }
    }

    @Test
    void models_past_the_bound_share_one_label_and_sums_stay_true() {
        int models = MODELS + 100;
        try (RunnerApp app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms")) {
            String ids = IntStream.range(0, models)
                    .mapToObj(n -> "\"m%d\"".formatted(n))
                    .collect(Collectors.joining(", "));
            app.submit("{\"id\": \"j\", \"models\": [%s], \"regions\": [\"us-east\", \"eu-west\"]}".formatted(ids));
            app.ended("j");

            Scrape scrape = Scrape.of(app);
            print("%d models in 2 regions".formatted(models), scrape);
            assertThatItIsSmall(scrape, 2 * (MODELS + 1) * SERIES_OF_A_MODEL_IN_A_REGION + ALL_OTHER_SERIES);
            assertThat(scrape.models("beacon_executions_total")).isEqualTo(MODELS + 1);
            assertThat(app.metric("beacon_executions_total")).isEqualTo(2 * models);
            assertThat(app.metric("beacon_execution_duration_seconds_count")).isEqualTo(2 * models);
        }
    }
}
