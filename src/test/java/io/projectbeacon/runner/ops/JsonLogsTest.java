package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonLogsTest {

    private static final JsonMapper JSON = new JsonMapper();

    @Test
    void one_property_makes_each_line_of_the_log_an_ecs_document_and_those_of_a_job_name_it() throws Exception {
        try (RunnerProcess runner = RunnerProcess.start(List.of(
                "--logging.structured.format.console=ecs",
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--spring.data.redis.url=" + TestServers.newRedisUrl(),
                "--beacon.inference.simulated.latency=0ms"))) {
            runner.submit("{\"id\": \"j\", \"models\": [\"a\", \"a\"], \"regions\": [\"us-east\"]}");
            runner.ended("j");
            await().until(() -> runner.lines().stream().anyMatch(line -> line.contains("DEDUP")));
            assertThat(runner.lines()).allMatch(line -> line.startsWith("{"));
            List<JsonNode> lines = runner.lines().stream().map(JSON::readTree).toList();
            assertThat(lines).allSatisfy(line -> {
                assertThat(line.has("@timestamp")).isTrue();
                assertThat(line.at("/log/level").asString()).isNotEmpty();
                assertThat(line.at("/service/name").asString()).isEqualTo("beacon-runner");
            });
            String name = lines.stream()
                    .filter(line -> line.path("message").asString().equals("This process is a runner of its own"))
                    .map(line -> line.path("runner").asString())
                    .findFirst()
                    .orElseThrow();
            assertThat(runner.cells("j")
                            .get("us-east/a")
                            .at("/attempts/0/runner")
                            .asString())
                    .isEqualTo(name);
            assertThat(lines)
                    .allSatisfy(line ->
                            assertThat(line.at("/service/node/name").asString()).isEqualTo(name));
            assertThat(lines)
                    .filteredOn(line -> line.path("message").asString().contains("DEDUP"))
                    .singleElement()
                    .satisfies(line -> {
                        assertThat(line.path("job_id").asString()).isEqualTo("j");
                        assertThat(line.path("model_id").asString()).isEqualTo("a");
                    });
        }
    }
}
