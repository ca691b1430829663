package io.projectbeacon.runner.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a replica knows of paused regions counts for a bounded time from the moment in which it asked. */
class RegionPausesTest {

    private static final Map<String, RegionPause> NONE = Map.of();
    private static final Map<String, RegionPause> US_EAST = Map.of("us-east", new RegionPause(Instant.EPOCH, "ops"));

    private final FakeTicker ticker = new FakeTicker();
    private final RegionPauses pauses = new RegionPauses(ticker, Duration.ofSeconds(2));

    @Test
    void before_the_first_answer_no_call_begins() {
        assertThat(pauses.letsCallsBegin("us-east")).isFalse();
        assertThat(pauses.shown("us-east")).isNaN();
        pauses.seen(NONE, pauses.time());
        assertThat(pauses.letsCallsBegin("us-east")).isTrue();
        assertThat(pauses.shown("us-east")).isZero();
    }

    @Test
    void an_answer_counts_from_the_question_on_and_not_from_the_time_at_which_it_came() {
        long asked = pauses.time();
        ticker.pass(Duration.ofMillis(1500));
        pauses.seen(NONE, asked);
        ticker.pass(Duration.ofMillis(499));
        assertThat(pauses.letsCallsBegin("us-east")).isTrue();
        ticker.pass(Duration.ofMillis(1));
        assertThat(pauses.letsCallsBegin("us-east")).isFalse();
    }

    @Test
    void an_answer_to_an_earlier_question_does_not_take_back_what_a_later_one_told() {
        long asked = pauses.time();
        ticker.pass(Duration.ofMillis(10));
        pauses.seen(US_EAST, pauses.time());
        pauses.seen(NONE, asked);
        assertThat(pauses.letsCallsBegin("us-east")).isFalse();
        assertThat(pauses.letsCallsBegin("eu-west")).isTrue();
        assertThat(pauses.shown("us-east")).isEqualTo(1);
    }

    @Test
    void what_waits_goes_on_when_its_region_is_resumed_or_the_database_answers_again() throws Exception {
        pauses.seen(US_EAST, pauses.time());
        CountDownLatch resumed = waiting("us-east");
        CountDownLatch other = waiting("eu-west");
        assertThat(other.await(20, TimeUnit.SECONDS)).isTrue();
        ticker.pass(Duration.ofSeconds(3));
        CountDownLatch blind = waiting("eu-west");
        await().during(Duration.ofMillis(100)).until(() -> blind.getCount() == 1);
        pauses.seen(US_EAST, pauses.time());
        assertThat(blind.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(resumed.getCount()).isEqualTo(1);
        pauses.seen(NONE, pauses.time());
        assertThat(resumed.await(20, TimeUnit.SECONDS)).isTrue();
    }

    private CountDownLatch waiting(String region) {
        CountDownLatch passed = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> {
            try {
                pauses.await(region);
                passed.countDown();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        return passed;
    }
}
