package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The queries of {@code ops/sql} on the tables of a service that has done real work. */
class VerificationQueriesTest {

    private static final Path QUERIES = Path.of("ops", "sql");

    private static FakeProvider provider;
    private static RunnerApp app;

    @BeforeAll
    static void workWithARetry() throws IOException {
        provider = FakeProvider.start();
        app = RunnerApp.start(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                RunnerApp.calling(provider, "us-east", "eu-west"));
        provider.failWith("eu-west", 400);
        app.submit("{\"id\": \"j\", \"models\": [\"a\", \"a\", \"b\"], \"regions\": [\"us-east\", \"eu-west\"]}");
        app.ended("j");
        app.post("/api/v1/jobs/j/retry", "");
        app.ended("j");
    }

    @AfterAll
    static void stop() {
        app.close();
        provider.close();
    }

    private static List<Map<String, Object>> rows(String query) throws IOException {
        return app.jdbc().sql(Files.readString(QUERIES.resolve(query))).query().listOfRows();
    }

    static Stream<String> queries() throws IOException {
        try (Stream<Path> files = Files.list(QUERIES)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("queries")
    void every_query_runs(String query) throws IOException {
        assertThat(rows(query)).isNotNull();
    }

    @Test
    void a_healthy_service_has_no_duplicate_rows_and_no_stuck_work() throws IOException {
        assertThat(rows("duplicates-last-7-days.sql")).isEmpty();
        assertThat(rows("stuck-work.sql")).isEmpty();
    }

    @Test
    void the_sources_of_duplicates_are_told_apart() throws IOException {
        assertThat(rows("where-duplicates-come-from.sql").toString())
                .contains("input")
                .contains("retry");
        assertThat(rows("slowest-cells.sql")).isNotEmpty();
        assertThat(rows("auto-stop-effectiveness-24h.sql")).isNotEmpty();
    }
}
