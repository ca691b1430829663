package io.projectbeacon.runner.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScrapeTest {

    private RunnerApp app;

    @BeforeEach
    void start() {
        app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms", "--beacon.metrics.max-job-series=3");
    }

    @AfterEach
    void stop() {
        app.close();
    }

    @Test
    void every_meter_is_on_the_first_scrape_before_anything_happened() {
        String scrape = app.scrape();
        assertThat(List.of(
                        "beacon_execution_duplicates_detected_total{job_id=\"_other\",model_id=\"_other\",region=\"_other\"} 0.0",
                        "beacon_execution_duplicates_allowed_total{job_id=\"_other\",model_id=\"_other\",region=\"_other\"} 0.0",
                        "beacon_executions_unknown_total{cause=\"cancel\",model_id=\"_other\",region=\"us-east\"} 0.0",
                        "beacon_tokens_total{kind=\"prompt\",model_id=\"_other\",region=\"us-east\"} 0.0",
                        "beacon_calls_in_flight{region=\"us-east\"} 0.0",
                        "beacon_region_pace_wait_seconds_count{region=\"us-east\"} 0",
                        "beacon_region_pace_wait_seconds_sum{region=\"us-east\"} 0.0",
                        "beacon_ledger_duplicates{layer=\"input\",outcome=\"detected\"} 0.0",
                        "beacon_info{runner=\"",
                        "beacon_jobs_oldest_queued_by_priority_seconds{priority=\"high\"} 0.0",
                        "beacon_jobs_total{status=\"completed\"} 0.0",
                        "beacon_jobs_by_status{status=\"queued\"} 0.0",
                        "beacon_executions_total{",
                        "beacon_execution_duration_seconds_bucket{",
                        "beacon_execution_claim_seconds_bucket{",
                        "beacon_executions_in_flight{region=\"us-east\"} 0.0",
                        "beacon_region_breaker_open{region=\"us-east\"} 0.0",
                        "beacon_region_throttled_total{region=\"us-east\"} 0.0",
                        "beacon_jobs_queued_cells 0.0",
                        "beacon_jobs_oldest_queued_seconds 0.0",
                        "beacon_database_up 1.0",
                        "beacon_redis_up ",
                        "beacon_lock_keys_broken 0.0",
                        "beacon_region_limit{region=\"us-east\"} ",
                        "beacon_attempts_failed_total{",
                        "beacon_jobs_deleted_total 0.0",
                        "beacon_retention_overdue_seconds 0.0",
                        "beacon_request_memory_bytes{part=\"arriving\"} ",
                        "beacon_request_memory_limit_bytes{part=\"reading\"} ",
                        "beacon_executions_unique_key_missing ",
                        "beacon_executions_without_job 0.0",
                        "beacon_ledger_drift ",
                        "beacon_job_queue_wait_seconds_bucket{",
                        "beacon_job_lock_wait_seconds_bucket{"))
                .allSatisfy(line -> assertThat(scrape).contains("\n" + line));
        for (DuplicateOutcome outcome : DuplicateOutcome.values()) {
            for (DuplicateLayer layer : DuplicateLayer.values()) {
                assertThat(scrape)
                        .contains("beacon_duplicates_total{layer=\"%s\",outcome=\"%s\"} 0.0"
                                .formatted(layer.wireName(), outcome.wireName()));
            }
        }
    }

    @Test
    void the_page_of_metrics_has_each_of_them_and_no_other() throws IOException {
        Set<String> scraped = families(app.scrape());
        // Only where it is configured.
        scraped.add("beacon_region_total_limit");
        Set<String> documented = Pattern.compile("`(beacon_[a-z_]+)`")
                .matcher(Files.readString(Path.of("docs", "metrics.md")))
                .results()
                .map(name -> name.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented).isEqualTo(scraped);
    }

    /** The names of the service's metrics; the largest value of a histogram is a family of its own. */
    private static Set<String> families(String scrape) {
        return scrape.lines()
                .filter(line -> line.startsWith("# TYPE beacon_"))
                .map(line -> line.split(" ")[2])
                .filter(name -> !name.endsWith("_max"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void histograms_reach_six_hundred_seconds() {
        assertThat(app.scrape())
                .containsPattern("beacon_execution_duration_seconds_bucket\\{[^}]*le=\"600.0\"")
                .containsPattern("beacon_execution_claim_seconds_bucket\\{le=\"600.0\"")
                .containsPattern("beacon_job_queue_wait_seconds_bucket\\{le=\"600.0\"");
    }

    @Test
    void http_metrics_cover_the_api_and_the_short_path_answers_the_same() {
        app.submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}");
        assertThat(app.scrape()).containsPattern("http_server_requests_seconds_count\\{[^}]*uri=\"/api/v1/jobs\"");
        assertThat(app.get("/metrics").status()).isEqualTo(200);
        // A meter appears with its first event, so the short path is compared with one scrape before it and one after.
        List<String> before = names(app.scrape());
        List<String> shortPath = names(app.get("/metrics").response().body());
        assertThat(shortPath).containsAll(before);
        assertThat(names(app.scrape())).containsAll(shortPath);
    }

    @Test
    void past_the_bound_new_jobs_fold_into_the_overflow_series_and_sums_stay_true() {
        for (int job = 0; job < 10; job++) {
            app.submit("{\"id\": \"j%d\", \"models\": [\"a\", \"a\"], \"regions\": [\"us-east\"]}".formatted(job));
        }
        assertThat(app.scrape()
                        .lines()
                        .filter(line -> line.startsWith("beacon_execution_duplicates_detected_total{job_id=\"j")))
                .hasSize(3);
        assertThat(app.metric("beacon_execution_duplicates_detected_total", "job_id=\"_other\""))
                .isEqualTo(7);
        assertThat(app.metric("beacon_execution_duplicates_detected_total")).isEqualTo(10);
        assertThat(app.metric("beacon_duplicates_total", "layer=\"input\"")).isEqualTo(10);
    }

    @Test
    void promtool_finds_nothing_wrong_with_our_metrics() throws Exception {
        app.submit("{\"id\": \"j\", \"models\": [\"a\", \"a\"], \"regions\": [\"us-east\"]}");
        app.ended("j");
        Tools.assumeInstalled("promtool");
        String ours = app.scrape()
                .lines()
                .filter(line -> line.contains("beacon_"))
                .collect(java.util.stream.Collectors.joining("\n", "", "\n"));
        assertThat(Tools.run(ours, "promtool", "check", "metrics")).isEmpty();
        assertThat(Tools.run(app.scrape(), "promtool", "check", "metrics")).doesNotContain("beacon_", "error");
    }

    private static List<String> names(String scrape) {
        return scrape.lines().filter(line -> line.startsWith("# TYPE")).sorted().toList();
    }
}
