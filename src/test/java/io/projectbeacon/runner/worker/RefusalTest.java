package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Alone;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Jobs of a healthy region take their time, however many jobs wait for a region that refuses calls; and those start as soon as
 * it takes calls again.
 *
 * <p>A short round of each kind: {@code ./mvnw verify}. Five minutes of each: {@code ./mvnw -Prefusal verify}.
 */
@Alone
class RefusalTest {

    private static final Duration POLL = Duration.ofSeconds(1);

    /** For the machine: what is held is that nobody waits for a second announced time. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    /** How a region refuses its calls. */
    private enum Manner {
        RATE_LIMIT_WITH_A_TIME,
        RATE_LIMIT,
        FAILURE
    }

    /**
     * @param lasts how long the region refuses
     * @param refused how many jobs of four cells wait for it
     * @param healthy how many jobs of four cells the other region gets at a time
     * @param pause the provider's, and the longest of the runner's own
     */
    private record Size(Duration lasts, int refused, int healthy, int maxJobs, Duration call, Duration pause) {

        static Size of(int minutes) {
            return minutes == 0
                    ? new Size(Duration.ZERO, 400, 40, 20, Duration.ofSeconds(1), Duration.ofSeconds(4))
                    : new Size(
                            Duration.ofMinutes(minutes), 2000, 200, 100, Duration.ofSeconds(2), Duration.ofSeconds(30));
        }
    }

    private static final int MINUTES = Integer.getInteger("refusal.minutes", 0);
    private static final Size SIZE = Size.of(MINUTES);
    private static final int ROUNDS_AT_LEAST = 3;

    /** By default. */
    private static final int TRIALS = 3;

    private FakeProvider provider;
    private RunnerApp app;

    @BeforeEach
    void start() throws IOException {
        provider = FakeProvider.start();
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "refusing", "healthy"));
        properties.addAll(List.of(
                "--beacon.worker.max-jobs=" + SIZE.maxJobs(),
                "--beacon.worker.poll-interval=" + POLL.toMillis() + "ms",
                "--beacon.inference.backoff.initial=1s",
                "--beacon.inference.backoff.max=" + SIZE.pause().toMillis() + "ms"));
        if (MINUTES == 0) {
            properties.add("--beacon.inference.breaker.open-for=" + SIZE.pause().toMillis() + "ms");
        }
        app = RunnerApp.start(TestServers.newDatabase(), TestServers.newRedisUrl(), properties);
        provider.latency("healthy", SIZE.call());
    }

    @AfterEach
    void close() {
        app.close();
        provider.close();
    }

    private void submit(String name, String region, int jobs) {
        List<String> specs = IntStream.range(0, jobs)
                .mapToObj(n ->
                        "{\"id\":\"%s-%d\",\"prompt\":\"Who?\",\"models\":[\"a\",\"b\",\"c\",\"d\"],\"regions\":[\"%s\"]}"
                                .formatted(name, n, region))
                .toList();
        for (int from = 0; from < jobs; from += 100) {
            assertThat(app.post(
                                    "/api/v1/jobs:batch",
                                    "[" + String.join(",", specs.subList(from, Math.min(jobs, from + 100))) + "]")
                            .status())
                    .isEqualTo(207);
        }
    }

    private long count(String where) {
        return app.jdbc()
                .sql("SELECT count(*) FROM jobs WHERE " + where)
                .query(Long.class)
                .single();
    }

    /** How long the healthy region's jobs take, from the first submission to the last end. */
    private Duration take(String name) {
        submit(name, "healthy", SIZE.healthy());
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> count("jobspec_id LIKE '" + name + "-%' AND status = 'completed'") == SIZE.healthy());
        return Duration.ofMillis(app.jdbc()
                .sql("SELECT (extract(epoch FROM max(finished_at) - min(created_at)) * 1000)::bigint FROM jobs"
                        + " WHERE jobspec_id LIKE '" + name + "-%'")
                .query(Long.class)
                .single());
    }

    private void refuse(Manner manner) {
        switch (manner) {
            case RATE_LIMIT_WITH_A_TIME ->
                provider.failWith("refusing", 429, String.valueOf(SIZE.pause().toSeconds()));
            case RATE_LIMIT -> provider.failWith("refusing", 429);
            case FAILURE -> provider.failWith("refusing", 503);
        }
    }

    private Optional<Instant> closedUntil() {
        return app.jdbc()
                .sql("SELECT closed_until FROM closed_regions")
                .query((row, n) -> row.getTimestamp(1).toInstant())
                .optional();
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static double ratio(Duration time, Duration alone) {
        return (double) time.toMillis() / alone.toMillis();
    }

    /* A build plays the first and the last; -Drefusal.minutes plays all. */
    static Stream<Manner> manners() {
        return MINUTES == 0 ? Stream.of(Manner.RATE_LIMIT_WITH_A_TIME, Manner.FAILURE) : Stream.of(Manner.values());
    }

    @ParameterizedTest
    @MethodSource("manners")
    void jobs_of_a_healthy_region_take_their_time_and_the_others_start_when_their_region_answers(Manner manner) {
        take("warm");
        Duration alone = take("alone");
        refuse(manner);
        submit("refused", "refusing", SIZE.refused());
        await().atMost(Duration.ofSeconds(30)).until(() -> count("parked") > SIZE.maxJobs());

        long end = System.nanoTime() + SIZE.lasts().toNanos();
        List<Duration> times = new ArrayList<>();
        while (times.size() < ROUNDS_AT_LEAST || System.nanoTime() < end) {
            times.add(take("round-" + times.size()));
        }
        double[] ratios =
                times.stream().mapToDouble(time -> ratio(time, alone)).sorted().toArray();
        int refusals = provider.callsTo("refusing").size();
        long ended = count("jobspec_id LIKE 'refused-%' AND finished_at IS NOT NULL");
        System.out.printf(
                "%s: alone %d ms; during the refusal %d times, %.2f to %.2f of that, median %.2f; %d calls refused, %d jobs"
                        + " given up%n",
                manner,
                alone.toMillis(),
                ratios.length,
                ratios[0],
                ratios[ratios.length - 1],
                ratios[ratios.length / 2],
                refusals,
                ended);
        // With a machine that others use, too, one slow round says nothing; places that are taken make each round slow.
        assertThat(ratios[MINUTES == 0 ? 0 : ratios.length / 2]).isLessThanOrEqualTo(1.5);

        provider.recover("refusing");
        AtomicReference<Instant> announced = new AtomicReference<>(Instant.now());
        await().atMost(SIZE.pause().plus(Duration.ofMinutes(1)))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    // A call that was under way may have been refused once more.
                    closedUntil().ifPresent(until -> announced.accumulateAndGet(until, RefusalTest::later));
                    return count("status IN ('running', 'completed') AND jobspec_id LIKE 'refused-%'") > TRIALS;
                });
        Duration late = Duration.between(announced.get(), Instant.now());
        System.out.printf("%s: the others started %d ms after the last announced wait%n", manner, late.toMillis());
        assertThat(late).isLessThan(POLL.plus(SLACK));
        await().atMost(Duration.ofMinutes(3)).until(() -> count("status IN ('queued', 'running')") == 0);
        // A failure counts against the bound on a cell's attempts, over all trials; a rate limit does not.
        assertThat(app.jdbc()
                        .sql("SELECT count(*) FROM executions WHERE status <> 'completed' AND attempt < 3")
                        .query(Long.class)
                        .single())
                .isZero();
        assertThat(manner == Manner.FAILURE ? 0 : count("status <> 'completed'"))
                .isZero();
        assertThat(provider.callsTo("refusing").stream().filter(Call::success))
                .hasSizeLessThanOrEqualTo(4 * SIZE.refused());
    }
}
