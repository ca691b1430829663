package io.projectbeacon.runner.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Alone;
import io.projectbeacon.runner.support.RunnerApp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * How long the pages take on a database of ten thousand jobs, one of which has ten thousand cells: {@code ./mvnw test
 * -Dtest=PageTimes}, on a machine that does nothing else.
 */
@Alone
class PageTimes {

    private static final int REQUESTS = Integer.getInteger("pages.requests", 200);
    private static final int WARM_UP = 20;

    private static final String JOBS = """
            INSERT INTO jobs (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content, warnings,
              created_at, queued_at, started_at, finished_at)
            SELECT 'job-' || lpad(n::text, 6, '0'), CASE WHEN n % 10 = 0 THEN 'partial' ELSE 'completed' END, 1, 'rerun', 0, 4,
              '{a,b}', '{us-east,eu-west}', '{}', '{"models":[{"id":"a"},{"id":"b"}],"regions":["us-east","eu-west"]}', '[]',
              now(), now(), now(), now()
            FROM generate_series(1, 10000) n
            """;

    private static final String CELLS = """
            INSERT INTO executions (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, answers,
              error_code, error_message, error_provider, created_at, started_at, completed_at)
            SELECT j.id, r, m, s, 1, s, 1, gen_random_uuid(), 'runner-a',
              json_build_array(json_build_object('question', 'Who are you?', 'response', repeat('word ', 60), 'prompt_tokens', 5,
                'completion_tokens', 60, 'finish_reason', 'stop', 'usage', null)),
              CASE s WHEN 'failed' THEN 'http_400' END, CASE s WHEN 'failed' THEN 'refused' END,
              CASE s WHEN 'failed' THEN 'openai' END, now(), now(), now() + random() * interval '3 s'
            FROM jobs j
            CROSS JOIN unnest(j.models) m CROSS JOIN unnest(j.regions) r
            CROSS JOIN LATERAL (SELECT CASE WHEN random() < 0.05 THEN 'failed' ELSE 'completed' END AS s) state
            """;

    private static final String LARGE = """
            INSERT INTO jobs (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content, warnings,
              created_at, queued_at, started_at, finished_at)
            SELECT id, 'partial', 1, 'rerun', 0, models * regions,
              ARRAY(SELECT 'vendor/model-' || n FROM generate_series(1, models) n),
              ARRAY(SELECT 'region-' || n FROM generate_series(1, regions) n), '{}', '{}', '[]', now(), now(), now(), now()
            FROM (VALUES ('large-100', 100, 100), ('large-1000', 1000, 10), ('boxes', 100, 20)) AS large (id, models, regions)
            """;

    /* More than the page of duplicates reads. */
    private static final String DUPLICATES = """
            INSERT INTO execution_duplicates (job_id, region, model_id, layer, outcome, existing_status, existing_count,
              occurrences, runner, last_event_id, created_at, last_seen_at)
            SELECT job_id, region, model_id, layer, 'detected', 'completed', 1, 1, 'runner-a', gen_random_uuid(),
              now() - random() * interval '23 hours', now()
            FROM executions CROSS JOIN unnest(ARRAY['claim', 'retry']) layer
            """;

    @Test
    void each_page_and_part_of_it_is_answered_within_300_ms() {
        try (RunnerApp app = RunnerApp.fresh("--beacon.worker.enabled=false")) {
            fill(app.jdbc());
            FormBrowser browser = FormBrowser.of(app);
            String rows = browser.get("/jobs").attribute("#live", "hx-get");
            List<String> slow = new ArrayList<>();
            for (String path : List.of(
                    "/jobs",
                    rows,
                    "/jobs?status=partial",
                    "/jobs?id=job-00",
                    "/jobs?cursor=5000",
                    "/jobs/job-005000",
                    "/jobs/boxes",
                    "/ui/jobs/boxes/matrix",
                    "/jobs/large-100",
                    "/ui/jobs/large-100/matrix",
                    "/jobs/large-1000",
                    "/ui/jobs/large-1000/matrix",
                    "/jobs/large-1000?show=failed",
                    "/jobs/large-1000?show=all&model_id=vendor/model-7",
                    "/jobs/large-1000?region=region-7&model_id=vendor/model-7",
                    "/ui/jobs/large-1000/duplicates",
                    "/duplicates",
                    "/duplicates?hours=168&layer=retry&model_id=vendor/model-7",
                    "/health",
                    "/ui/health",
                    "/new",
                    "/openapi")) {
                long[] nanos = measured(browser, path);
                Duration p95 = Duration.ofNanos(nanos[REQUESTS * 95 / 100]);
                System.out.printf(
                        "%-60s p50 %4d ms, p95 %4d ms%n",
                        path.length() > 60 ? path.substring(0, 60) : path,
                        Duration.ofNanos(nanos[REQUESTS / 2]).toMillis(),
                        p95.toMillis());
                if (p95.toMillis() > 300) {
                    slow.add(path);
                }
            }
            assertThat(slow).isEmpty();
        }
    }

    private static void fill(JdbcClient jdbc) {
        jdbc.sql(JOBS).update();
        jdbc.sql(LARGE).update();
        jdbc.sql(CELLS).update();
        jdbc.sql(DUPLICATES).update();
        jdbc.sql("VACUUM ANALYZE").update();
    }

    /** How long each took, the quickest first. */
    private static long[] measured(FormBrowser browser, String path) {
        long[] nanos = new long[REQUESTS];
        for (int n = -WARM_UP; n < REQUESTS; n++) {
            long begun = System.nanoTime();
            assertThat(browser.get(path).status()).as(path).isEqualTo(200);
            if (n >= 0) {
                nanos[n] = System.nanoTime() - begun;
            }
        }
        Arrays.sort(nanos);
        return nanos;
    }
}
