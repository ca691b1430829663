package io.projectbeacon.runner.siege;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Alone;
import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A service with a heap of 256 MiB lives through what has ended one before, and takes small jobs meanwhile.
 *
 * <p>{@code verify} has a short round of all attacks at once, in which the service has hardly begun: it has to live, and to
 * take most of the jobs. Each attack alone: {@code ./mvnw test -Dtest=SiegeTest -Dsiege.each=true}. Twenty minutes of all at
 * once, after which 99 % of the jobs have to be taken within a second: {@code ./mvnw -Psiege test}.
 */
@Alone
class SiegeTest {

    private static final int MINUTES = Integer.getInteger("siege.minutes", 0);
    private static final Duration ROUND = MINUTES == 0 ? Duration.ofSeconds(10) : Duration.ofMinutes(MINUTES);
    private static final double LEAST_TAKEN = MINUTES == 0 ? 0.75 : 0.99;

    static Stream<Arguments> rounds() {
        Stream<Arguments> each = Stream.of(Attack.values()).map(attack -> Arguments.of(attack.name(), List.of(attack)));
        Stream<Arguments> all = Stream.of(Arguments.of("all at once", List.of(Attack.values())));
        return Boolean.getBoolean("siege.each") ? Stream.concat(each, all) : all;
    }

    private static RunnerProcess service;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        List<String> properties = List.of(
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--spring.data.redis.url=" + TestServers.newRedisUrl(),
                // Calls that last keep what was taken in memory for long.
                "--beacon.inference.simulated.latency=10s");
        service =
                MINUTES == 0 ? RunnerProcess.start("256m", properties) : RunnerProcess.startForLong("256m", properties);
        port = URI.create(service.base()).getPort();
        new SmallPosts(port).sendFor(Duration.ofSeconds(2)); // What is slow at the first time only has been done then.
    }

    @AfterAll
    static void stop() throws Exception {
        service.kill(); // It would wait for the calls under way.
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rounds")
    void the_service_lives_and_takes_small_jobs(String name, List<Attack> attacks) throws Exception {
        Process attackers = Attackers.start(port, ROUND, attacks);
        SmallPosts.Report report = new SmallPosts(port).sendFor(ROUND);
        assertThat(attackers.waitFor(60, TimeUnit.SECONDS)).isTrue();
        System.out.printf("%s: %s%n", name, report);
        String said = service.lines().stream()
                .filter(line -> line.contains("WARN") || line.contains("ERROR") || line.contains("Exception"))
                .limit(20)
                .collect(Collectors.joining("\n"));

        assertThat(service.exitCode(Duration.ofMillis(1))).as("the exit code").isEmpty();
        assertThat(service.lines()).noneMatch(line -> line.contains("OutOfMemoryError"));
        assertThat(service.lines()).as("stack traces").noneMatch(line -> line.startsWith("\tat "));
        assertThat(report.accepted()).as(said).isGreaterThanOrEqualTo(LEAST_TAKEN);
        if (MINUTES > 0) {
            assertThat(report.p99()).isLessThan(Duration.ofSeconds(1));
        }
    }
}
