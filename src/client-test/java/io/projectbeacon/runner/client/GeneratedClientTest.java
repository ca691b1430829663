package io.projectbeacon.runner.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.client.api.CellsApi;
import io.projectbeacon.runner.client.api.DuplicatesApi;
import io.projectbeacon.runner.client.api.JobsApi;
import io.projectbeacon.runner.client.model.Execution;
import io.projectbeacon.runner.client.model.Job;
import io.projectbeacon.runner.client.model.JobSpec;
import io.projectbeacon.runner.client.model.JobSpecModelsInner;
import io.projectbeacon.runner.client.model.JobStatus;
import io.projectbeacon.runner.client.model.Layer;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A client as openapi-generator makes it of the description of the API, without a change by hand. */
class GeneratedClientTest {

    private static RunnerApp app;
    private static final ApiClient client = new ApiClient();

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms");
        client.updateBaseUri(app.base());
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static JobSpec spec(String... models) {
        return new JobSpec()
                .models(Stream.of(models).map(JobSpecModelsInner::new).toList())
                .regions(List.of("us-east"));
    }

    @Test
    void it_plans_and_submits_a_job_waits_for_its_end_and_reads_what_it_gave() throws ApiException {
        JobsApi jobs = new JobsApi(client);
        JobSpec spec = spec("a", "b", "a");
        assertThat(jobs.planJob(spec).getCells()).isEqualTo(2);

        String id = jobs.submitJob(spec, "once").getId();
        assertThat(jobs.submitJob(spec, "once").getId()).isEqualTo(id);
        Job ended = jobs.getJob(id, "30s", null);
        assertThat(ended.getStatus()).isEqualTo(JobStatus.COMPLETED);
        assertThat(ended.getCells().getCompleted()).isEqualTo(2);

        List<Execution> cells = new CellsApi(client)
                .listExecutions(id, null, null, null, null, null, null, null, null)
                .getExecutions();
        assertThat(cells).extracting(Execution::getModelId).containsExactlyInAnyOrder("a", "b");
        assertThat(cells)
                .allSatisfy(cell -> assertThat(cell.getAnswers())
                        .singleElement()
                        .satisfies(answer -> assertThat(answer.getResponse()).isNotBlank()));
        assertThat(new DuplicatesApi(client)
                        .listDuplicatesOfJob(id, null, null, null, null, null, null, null, null, null)
                        .getDuplicates())
                .singleElement()
                .satisfies(entry -> assertThat(entry.getLayer()).isEqualTo(Layer.INPUT));
    }

    @Test
    void it_is_told_the_faults_of_a_job_that_is_refused() {
        assertThatThrownBy(() -> new JobsApi(client).submitJob(spec(), null))
                .isInstanceOfSatisfying(ApiException.class, refused -> {
                    assertThat(refused.getCode()).isEqualTo(422);
                    assertThat(refused.getResponseBody()).contains("/models");
                });
    }
}
