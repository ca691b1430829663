package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.support.Alone;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** A caller with much to do keeps no other waiting: between callers the one that has had least goes first. */
@Alone
class FairShareTest {

    private static final Duration POLL = Duration.ofSeconds(1);

    private static RunnerApp runner(Database database, String... properties) {
        return RunnerApp.withCallers(
                database.url(),
                TestServers.newRedisUrl(),
                Stream.concat(
                                Stream.of(
                                        "--beacon.inference.simulated.latency=2s",
                                        "--beacon.worker.poll-interval=" + POLL),
                                Stream.of(properties))
                        .toList());
    }

    private static String spec(String id, int cells) {
        String models =
                IntStream.range(0, cells).mapToObj(n -> "\"m" + n + "\"").collect(Collectors.joining(", "));
        return "{\"id\": \"%s\", \"models\": [%s], \"regions\": [\"us-east\"]}".formatted(id, models);
    }

    /** How long ten cells take, from the first POST to the end of the last job. */
    private static Duration tenCells(RunnerClient caller, String id, int jobs) {
        long begin = System.nanoTime();
        List<String> ids = IntStream.range(0, jobs).mapToObj(n -> id + "-" + n).toList();
        ids.forEach(job ->
                assertThat(caller.submit(spec(job, 10 / jobs)).status()).isEqualTo(202));
        for (String job : ids) {
            JsonNode ended = await().pollInterval(Duration.ofMillis(20))
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> caller.get("/api/v1/jobs/" + job).json(), shown -> shown.hasNonNull("finished_at"));
            assertThat(ended.path("status").asString()).isEqualTo("completed");
        }
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private static void submitHundredThousandCells(RunnerClient heavy) {
        String job = spec("heavy-%d", 1_000);
        for (int n = 0; n < 100; n++) {
            assertThat(heavy.submit(job.formatted(n)).status()).isEqualTo(202);
        }
    }

    /*
     * With ten places, all that the heavy caller has must first come free; with a thousand, it holds two thousand cells more that
     * are to begin; with a runner that is full of its jobs, those of the other are started beside them.
     */
    @ParameterizedTest
    @CsvSource({
        "10, 1, 100000",
        "10, 10, 100000",
        "1000, 10, 100000",
        "10, 10, 500",
    })
    void ten_cells_beside_a_hundred_thousand_of_another_caller_take_at_most_twice_their_time_alone(
            int places, int jobs, int maxCells) {
        try (Database database = Database.fresh();
                RunnerApp runner = runner(
                        database,
                        "--beacon.regions.us-east.max-in-flight=" + places,
                        "--beacon.worker.max-cells=" + maxCells)) {
            RunnerClient light = runner.as("light", Role.SUBMITTER);
            Duration alone = tenCells(light, "alone", jobs);
            submitHundredThousandCells(runner.as("heavy", Role.SUBMITTER));
            await().until(() ->
                    database.count("SELECT count(*) FROM executions WHERE status = 'running' AND model_id LIKE 'm%'")
                            >= places);
            Duration beside = tenCells(light, "beside", jobs);
            System.out.printf(
                    "Ten cells in %d job(s), %d places, room for %d cells: alone %d ms, beside 100,000 of another caller %d ms%n",
                    jobs, places, maxCells, alone.toMillis(), beside.toMillis());
            assertThat(beside).isLessThan(alone.multipliedBy(2).plus(POLL));
        }
    }

    @Test
    void a_caller_has_no_more_cells_under_way_than_its_limit_and_others_go_on() {
        try (Database database = Database.fresh();
                RunnerApp runner = runner(
                        database,
                        "--beacon.fair-share.max-in-flight=5",
                        "--beacon.fair-share.callers.large.max-in-flight=7")) {
            for (String caller : List.of("small", "large", "other")) {
                RunnerClient client = runner.as(caller, Role.SUBMITTER);
                assertThat(client.submit(spec("job", 15)).status()).isEqualTo(202);
                assertThat(client.submit(spec("job-2", 15)).status()).isEqualTo(202);
            }
            List<Long> most = new ArrayList<>(List.of(0L, 0L, 0L));
            await().pollInterval(Duration.ofMillis(10))
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> {
                        int n = 0;
                        for (String caller : List.of("small", "large", "other")) {
                            long now = database.count(
                                    "SELECT count(*) FROM executions e JOIN jobs j ON j.id = e.job_id"
                                            + " WHERE j.caller = ? AND e.status = 'running'",
                                    caller);
                            most.set(n, Math.max(most.get(n), now));
                            n++;
                        }
                        return database.count("SELECT count(*) FROM jobs WHERE status = 'completed'") == 6;
                    });
            assertThat(most).containsExactly(5L, 7L, 5L);
        }
    }
}
