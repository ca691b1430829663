package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.InstalledPostgres;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The backup and restore commands of docs/scaling.md, on a service in the middle of work; Redis is not backed up. */
class BackupRestoreTest {

    private static List<String> settings(FakeProvider provider) {
        List<String> settings = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        settings.add("--beacon.regions.us-east.max-in-flight=2");
        settings.add("--beacon.lock.ttl=2s");
        return settings;
    }

    private static String spec(String id, String region) {
        return "{\"id\": \"%s\", \"models\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"], \"regions\": [\"%s\"]}"
                .formatted(id, region);
    }

    private static long completed(RunnerApp app) {
        return app.cells("running").values().stream()
                .filter(cell -> cell.path("status").asString().equals("completed"))
                .count();
    }

    private static String status(RunnerApp app, String id) {
        return app.ended(id).path("status").asString();
    }

    @Test
    void a_restored_database_goes_on_where_the_backup_was_taken_and_repeats_nothing_that_it_knew_to_be_completed()
            throws Exception {
        try (InstalledPostgres postgres = InstalledPostgres.start();
                FakeProvider provider = FakeProvider.start()) {
            String backup = postgres.file("beacon.dump").toString();
            try (RunnerApp app =
                    RunnerApp.start(postgres.newDatabase("beacon"), TestServers.newRedisUrl(), settings(provider))) {
                app.submit(spec("finished", "eu-west"));
                assertThat(status(app, "finished")).isEqualTo("completed");
                provider.hold("us-east");
                app.submit(spec("running", "us-east"));
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> provider.callsTo("us-east").size() == 2);
                provider.letThrough("us-east");
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> provider.callsTo("us-east").size() == 4);
                await().atMost(Duration.ofSeconds(20)).until(() -> completed(app) == 2);

                postgres.client("pg_dump", "--format=custom", "--file=" + backup, "beacon");

                provider.release("us-east"); // Four more calls, of which the backup knows that two had begun.
                assertThat(status(app, "running")).isEqualTo("completed");
            }
            String restored = postgres.newDatabase("restored");
            postgres.client("pg_restore", "--exit-on-error", "--no-owner", "--dbname=restored", backup);
            try (RunnerApp app = RunnerApp.start(restored, TestServers.newRedisUrl(), settings(provider))) {
                assertThat(status(app, "finished")).isEqualTo("completed");
                assertThat(status(app, "running")).isEqualTo("completed");
                assertThat(completed(app)).isEqualTo(6);
                app.submit(spec("new", "eu-west"));
                assertThat(status(app, "new")).isEqualTo("completed");
            }
            Map<String, Long> cells = provider.calls().stream()
                    .collect(Collectors.groupingBy(
                            call -> call.idempotencyKey().split("/")[0] + " " + call.model(), Collectors.counting()));
            assertThat(cells.entrySet().stream()
                            .filter(cell -> cell.getKey().startsWith("running "))
                            .filter(cell -> cell.getValue() == 1)
                            .count())
                    .as("what was completed before the backup")
                    .isEqualTo(2);
            assertThat(cells.entrySet().stream()
                            .filter(cell -> !cell.getKey().startsWith("running "))
                            .map(Map.Entry::getValue))
                    .hasSize(12)
                    .containsOnly(1L);
        }
    }
}
