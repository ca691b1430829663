package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.CountingProvider;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Jobs as large as the limits allow, on a runner of a small heap: it holds and calls as much as it has memory for. */
class LargeJobsTest {

    private static final int JOBS = 6;
    private static final int QUESTION = 9_000;
    private static final List<String> REGIONS = List.of("r1", "r2", "r3", "r4");
    private static final String ELSEWHERE = "r5";
    private static final double MEGABYTE = 1 << 20;

    /** 1,000 models in 4 regions, 100 questions of 9 kB each. */
    private static String largest(String id) {
        String models =
                IntStream.range(0, 1_000).mapToObj(n -> "\"m" + n + "\"").collect(Collectors.joining(","));
        String questions = IntStream.range(0, 100)
                .mapToObj(n -> "\"" + n + "x".repeat(QUESTION) + "\"")
                .collect(Collectors.joining(","));
        String regions = REGIONS.stream().map(name -> "\"" + name + "\"").collect(Collectors.joining(","));
        return "{\"id\":\"%s\",\"models\":[%s],\"regions\":[%s],\"questions\":[%s],\"constraints\":{\"timeout\":\"1h\"}}"
                .formatted(id, models, regions, questions);
    }

    private static String small(String id) {
        return "{\"id\":\"%s\",\"models\":[\"a\"],\"regions\":[\"%s\"]}".formatted(id, ELSEWHERE);
    }

    private static RunnerProcess start(CountingProvider provider, String... more) throws Exception {
        List<String> properties = new ArrayList<>(List.of(
                "--beacon.inference.provider=openai",
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--spring.data.redis.url=" + TestServers.newRedisUrl(),
                "--beacon.worker.poll-interval=100ms",
                "--beacon.worker.shutdown-timeout=1s",
                "--logging.level.root=warn",
                "--logging.level.io.projectbeacon.runner.embedded=info"));
        for (String region : REGIONS) {
            properties.add("--beacon.regions." + region + ".base-url=" + provider.baseUrl(region));
        }
        properties.add("--beacon.regions." + ELSEWHERE + ".base-url=" + provider.baseUrl(ELSEWHERE));
        properties.addAll(List.of(more));
        return RunnerProcess.start("256m", properties);
    }

    @Test
    void six_jobs_of_a_hundred_long_questions_to_four_thousand_cells_each_end_no_process_of_a_small_heap()
            throws Exception {
        try (CountingProvider provider = CountingProvider.start(QUESTION, Duration.ofMillis(100));
                RunnerProcess runner = start(provider)) {
            for (int n = 0; n < JOBS; n++) {
                assertThat(runner.submit(largest("large-" + n)).status()).isEqualTo(202);
            }
            int smallJobs = 0;
            long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            List<Long> took = new ArrayList<>();
            while (System.nanoTime() < end || provider.calls().size() < 4_000) {
                long begin = System.nanoTime();
                Reply reply = runner.submit(small("small-" + smallJobs++));
                assertThat(reply.status()).isEqualTo(202);
                took.add(System.nanoTime() - begin);
                assertThat(runner.exitCode(Duration.ofMillis(100)))
                        .as(() -> String.join("\n", runner.lines()))
                        .isEmpty();
            }
            for (int n = 0; n < smallJobs; n++) {
                assertThat(runner.ended("small-" + n).path("status").asString()).isEqualTo("completed");
            }
            for (int n = 0; n < JOBS; n++) {
                assertThat(runner.post("/api/v1/jobs/large-" + n + "/cancel", "")
                                .status())
                        .isEqualTo(202);
            }
            for (int n = 0; n < JOBS; n++) {
                assertThat(runner.ended("large-" + n).path("status").asString()).isEqualTo("cancelled");
            }
            Map<String, Integer> calls = provider.calls();
            Collections.sort(took);
            System.out.printf(
                    "%d calls of %d jobs; %d small jobs beside them, the slowest POST %d ms%n",
                    calls.size(), JOBS, smallJobs, took.getLast() / 1_000_000);
            assertThat(calls.values()).containsOnly(1);
            assertThat(runner.lines()).noneMatch(line -> line.contains("OutOfMemoryError"));
        }
    }

    @Test
    void a_held_job_has_one_copy_of_its_text() throws Exception {
        try (CountingProvider provider = CountingProvider.start(10, Duration.ofMinutes(1));
                RunnerProcess runner = start(
                        provider,
                        REGIONS.stream()
                                .map(region -> "--beacon.regions." + region + ".max-in-flight=1")
                                .toArray(String[]::new))) {
            assertThat(runner.submit(largest("first").replace("1h", "1s")).status())
                    .isEqualTo(202);
            runner.ended("first");
            double before = runner.liveHeap();
            assertThat(runner.submit(largest("large")).status()).isEqualTo(202);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> provider.calls().keySet().stream()
                                    .filter(key -> key.startsWith("large/"))
                                    .count()
                            == REGIONS.size());
            double held = runner.liveHeap() - before;
            System.out.printf("A held job of 4,000 cells and 0.9 MB of text takes %.1f MB of heap%n", held / MEGABYTE);
            assertThat(held).isLessThan(2 * MEGABYTE);
        }
    }
}
