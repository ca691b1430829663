package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A page of a list ends when what it has read is much, so that no list fills the memory; the cursor goes on from there. */
class LargePagesTest {

    private static final int JOBS = 40;

    private RunnerApp app;

    @BeforeEach
    void aReplicaThatRunsNothing() {
        app = RunnerApp.fresh("--beacon.worker.enabled=false");
    }

    @AfterEach
    void stop() {
        app.close();
    }

    private List<JsonNode> pages(String path, String items) {
        List<JsonNode> pages = new ArrayList<>();
        JsonNode page = app.get(path).json();
        pages.add(page);
        while (!page.path("next_cursor").isNull()) {
            page = app.get(path + "&cursor=" + page.path("next_cursor").asString())
                    .json();
            assertThat(page.path(items)).isNotEmpty();
            pages.add(page);
        }
        return pages;
    }

    @Test
    void a_list_of_jobs_ends_a_page_when_its_texts_are_many() {
        String models = IntStream.range(0, 1_000)
                .mapToObj(n -> "\"m%0199d\"".formatted(n))
                .collect(Collectors.joining(","));
        for (int n = 0; n < JOBS; n++) {
            assertThat(app.submit("{\"id\":\"job-%d\",\"models\":[%s],\"regions\":[\"us-east\"]}".formatted(n, models))
                            .status())
                    .isEqualTo(202);
        }
        List<JsonNode> pages = pages("/api/v1/jobs?limit=1000", "jobs");
        assertThat(pages).hasSizeBetween(3, 6);
        assertThat(pages)
                .allSatisfy(page -> assertThat(page.toString().length()).isLessThan(Page.CHARACTERS * 6 / 5));
        assertThat(pages.stream()
                        .flatMap(page -> page.path("jobs").valueStream())
                        .map(job -> job.path("id").asString()))
                .containsExactlyElementsOf(IntStream.range(0, JOBS)
                        .map(n -> JOBS - 1 - n)
                        .mapToObj(n -> "job-" + n)
                        .toList());
    }

    @Test
    void a_list_of_cells_counts_what_came_with_failures_too() {
        String models = IntStream.range(0, 10).mapToObj(n -> "\"m" + n + "\"").collect(Collectors.joining(","));
        app.submit("{\"id\":\"job\",\"models\":[%s],\"regions\":[\"us-east\"]}".formatted(models));
        app.jdbc().sql("""
                INSERT INTO executions
                  (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at,
                   completed_at, error_code, error_message, error_provider, error_answer)
                SELECT 1, 'us-east', 'm' || n, 'failed', 1, 'failed', 1, gen_random_uuid(), 'r', now(), now(), now(),
                  'c', 'm', 'p', to_json(repeat('x', 1000000))
                FROM generate_series(0, 9) n
                """).update();
        List<JsonNode> pages = pages("/api/v1/jobs/job/executions?limit=1000", "executions");
        assertThat(pages).hasSizeBetween(3, 6);
        assertThat(pages.stream()
                        .flatMap(page -> page.path("executions").valueStream())
                        .map(cell -> cell.path("model_id").asString()))
                .containsExactlyElementsOf(
                        IntStream.range(0, 10).mapToObj(n -> "m" + n).toList());
    }
}
