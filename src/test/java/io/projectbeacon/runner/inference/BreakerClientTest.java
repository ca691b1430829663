package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.region.FakeTicker;
import io.projectbeacon.runner.region.RegionBreakers;
import io.projectbeacon.runner.region.RegionPace;
import io.projectbeacon.runner.region.RegionRoom;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import io.projectbeacon.runner.support.FakeProvider;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The breaker and the pace before the provider's client follow a region's answers, on a real HTTP server. */
class BreakerClientTest {

    private static final String EAST = "us-east";
    private static final String WEST = "eu-west";
    private static final int WINDOW = 4;
    private static final Duration OPEN_FOR = Duration.ofSeconds(10);
    private static final Duration INITIAL = Duration.ofSeconds(1);

    private final FakeTicker ticker = new FakeTicker();
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private FakeProvider provider;
    private HttpInferenceClient http;
    private Regions regions;
    private RegionPace pace;
    private BreakerClient client;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        regions = Regions.of(
                Provider.OPENAI,
                new RegionsProperties(Map.of(
                        EAST, Fixtures.region(provider.baseUrl(EAST)), WEST, Fixtures.region(provider.baseUrl(WEST)))));
        http = new HttpInferenceClient(
                Fixtures.properties(Duration.ofSeconds(10), Duration.ofSeconds(5)),
                regions,
                new OpenAiProtocol(),
                Fixtures.CLOCK,
                name -> true);
        pace = RegionRoom.pace(regions, INITIAL, ticker);
        client = breakerBefore(http);
    }

    @AfterEach
    void stop() {
        http.close();
        provider.close();
    }

    private BreakerClient breakerBefore(InferenceClient inner) {
        RegionBreakers breakers = RegionRoom.breakers(regions, WINDOW, OPEN_FOR, registry, ticker);
        return new BreakerClient(inner, regions, pace, RegionRoom.pauses(), breakers, Metrics.in(registry));
    }

    private InferenceResult ask(String region) throws InterruptedException {
        return client.infer(request(region, "llama", "Who are you?"));
    }

    private double gauge(String region) {
        return registry.get("beacon.region.breaker.open")
                .tag("region", region)
                .gauge()
                .value();
    }

    private double throttled(String region) {
        return registry.get("beacon.region.throttled")
                .tag("region", region)
                .counter()
                .count();
    }

    private void failUntilOpen() throws InterruptedException {
        provider.failWith(EAST, 503);
        for (int call = 0; call < WINDOW; call++) {
            assertThat(ask(EAST)).isInstanceOf(RetryableFailure.class);
        }
    }

    @Test
    void both_meters_are_there_for_each_region_before_anything_happened() {
        assertThat(gauge(EAST) + gauge(WEST) + throttled(EAST) + throttled(WEST))
                .isZero();
    }

    @Test
    void a_region_that_fails_is_sent_nothing_more_and_another_goes_on() throws Exception {
        failUntilOpen();
        assertThat(ask(EAST)).isInstanceOfSatisfying(RetryableFailure.class, failure -> {
            assertThat(failure.code()).isEqualTo("region_unavailable");
            assertThat(failure.message()).startsWith("not sent: ");
            assertThat(failure.httpStatus()).isNull();
            assertThat(failure.throttled()).isFalse();
            assertThat(failure.retryAfter()).isEqualTo(OPEN_FOR.plusMillis(1));
        });
        assertThat(provider.callsTo(EAST)).hasSize(WINDOW);
        assertThat(gauge(EAST)).isEqualTo(1);
        assertThat(gauge(WEST)).isZero();
        for (int call = 0; call < WINDOW; call++) {
            assertThat(ask(WEST)).isInstanceOf(Answer.class);
        }
    }

    @Test
    void a_trial_call_that_succeeds_opens_the_way_again() throws Exception {
        failUntilOpen();
        provider.recover(EAST);
        ticker.pass(((RetryableFailure) ask(EAST)).retryAfter());
        assertThat(ask(EAST)).isInstanceOf(Answer.class);
        assertThat(gauge(EAST)).isZero();
        assertThat(ask(EAST)).isInstanceOf(Answer.class);
        assertThat(provider.callsTo(EAST)).hasSize(WINDOW + 2);
    }

    @Test
    void calls_whose_end_is_not_seen_open_it_too() throws Exception {
        provider.closeAfterReading(EAST);
        for (int call = 0; call < WINDOW; call++) {
            assertThat(ask(EAST)).isInstanceOf(UnknownOutcome.class);
        }
        assertThat(gauge(EAST)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 402, 425, 400, 404})
    void refusals_that_do_not_mean_that_the_region_is_broken_leave_it_closed(int status) throws Exception {
        provider.failWith(EAST, status);
        for (int call = 0; call < 3 * WINDOW; call++) {
            ask(EAST);
        }
        assertThat(gauge(EAST)).isZero();
        assertThat(provider.callsTo(EAST)).hasSize(3 * WINDOW);
    }

    @Test
    void a_call_that_breaks_counts_as_failed() throws Exception {
        client = breakerBefore(request -> {
            throw new IllegalStateException("broken");
        });
        for (int call = 0; call < WINDOW; call++) {
            assertThatThrownBy(() -> ask(EAST)).isInstanceOf(IllegalStateException.class);
        }
        assertThat(ask(EAST)).isInstanceOf(RetryableFailure.class);
    }

    @Test
    void interrupted_calls_do_not_count_and_do_not_use_up_the_trials() throws Exception {
        failUntilOpen();
        ticker.pass(((RetryableFailure) ask(EAST)).retryAfter());
        provider.recover(EAST);
        provider.hold(EAST);
        for (int call = 1; call <= 3; call++) {
            FutureTask<InferenceResult> trial = new FutureTask<>(() -> ask(EAST));
            Thread caller = Thread.ofVirtual().start(trial);
            int calls = WINDOW + call;
            await().until(() -> provider.callsTo(EAST).size() == calls);
            caller.interrupt();
            assertThatThrownBy(trial::get).hasCauseInstanceOf(InterruptedException.class);
        }
        provider.release(EAST);
        assertThat(ask(EAST)).isInstanceOf(Answer.class);
        assertThat(gauge(EAST)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 402})
    void a_refusal_is_counted_and_makes_the_next_calls_of_this_region_wait_as_long_as_asked(int status)
            throws Exception {
        provider.failWith(EAST, status, "30");
        assertThat(ask(EAST))
                .isInstanceOfSatisfying(
                        RetryableFailure.class,
                        failure -> assertThat(failure.throttled()).isTrue());
        assertThat(throttled(EAST)).isEqualTo(1);
        assertThat(throttled(WEST)).isZero();

        Thread waiting = waiting(EAST);
        ticker.pass(Duration.ofSeconds(29));
        await().during(Duration.ofMillis(50)).until(waiting::isAlive);
        ticker.pass(INITIAL.plusSeconds(1));
        await().until(() -> !waiting.isAlive());
    }

    @Test
    void a_region_that_was_not_refused_does_not_wait_for_one_that_was() throws Exception {
        provider.failWith(EAST, 429);
        ask(EAST);
        Thread east = waiting(EAST);
        await().during(Duration.ofMillis(50)).until(east::isAlive);
        Thread west = waiting(WEST);
        await().until(() -> !west.isAlive());
        east.interrupt();
    }

    @Test
    void answers_after_the_pause_let_everyone_go_again() throws Exception {
        provider.failWith(EAST, 429);
        ask(EAST);
        provider.recover(EAST);
        ticker.pass(INITIAL);
        for (int answer = 0; answer < 10; answer++) {
            ask(EAST);
        }
        Thread first = waiting(EAST);
        Thread second = waiting(EAST);
        await().until(() -> !first.isAlive() && !second.isAlive());
    }

    @Test
    void a_region_that_is_not_configured_any_more_gets_the_clients_own_word_and_no_wait() throws Exception {
        pace.await("gone");
        pace.unused("gone");
        assertThat(ask("gone"))
                .isInstanceOfSatisfying(
                        FinalFailure.class,
                        failure -> assertThat(failure.code()).isEqualTo("unknown_region"));
    }

    private Thread waiting(String region) {
        return Thread.ofVirtual().start(() -> {
            try {
                pace.await(region);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
