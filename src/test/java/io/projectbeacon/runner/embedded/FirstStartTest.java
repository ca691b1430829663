package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.BeaconRunner;
import io.projectbeacon.runner.support.RunnerClient;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole service with nothing configured, as on a fresh clone. */
@ExtendWith(OutputCaptureExtension.class)
class FirstStartTest {

    @Test
    void itSaysWhereItIsAndWhatToTryAndStopsItsServers(CapturedOutput output, @TempDir Path directory)
            throws IOException {
        ServerFiles.allow(directory, "rwxr-xr-x");
        Path pidFile = directory.resolve("postgres/data/postmaster.pid");

        try (ConfigurableApplicationContext context = SpringApplication.run(
                BeaconRunner.class, "--server.port=0", "--beacon.embedded.directory=" + directory)) {
            String base = "http://localhost:" + context.getEnvironment().getProperty("local.server.port");
            String example =
                    "{\"models\": [\"llama3.2-1b\",\"llama3.2-1b\"], \"regions\": [\"us-east\"], \"prompt\": \"Who are you?\"}";
            assertThat(output)
                    .contains("API:     " + base + "/api/v1/jobs")
                    .contains("Metrics: " + base + "/metrics")
                    .contains("Data:    " + directory.toRealPath() + " (embedded PostgreSQL")
                    .contains("curl -s " + base + "/api/v1/jobs -H 'Content-Type: application/json' -d '" + example
                            + "'");
            assertThat(new RunnerClient(base).submit(example).json().path("warnings"))
                    .isEmpty();
            assertThat(pidFile).exists();
        }

        assertThat(pidFile).doesNotExist();
        assertThat(output.getAll().lines()).noneMatch(line -> line.contains("ERROR") || line.startsWith("\tat "));
    }
}
