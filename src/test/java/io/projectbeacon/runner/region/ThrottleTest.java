package io.projectbeacon.runner.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.region.Refusal.Reason;
import io.projectbeacon.runner.support.Console;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A region's calls wait after a refusal, and go closer and closer together after the pause. */
class ThrottleTest {

    private static final Duration INITIAL = Duration.ofSeconds(1);
    private static final Duration MAX = Duration.ofSeconds(8);

    private final FakeTicker ticker = new FakeTicker();
    private final Throttle throttle = new Throttle("us-east", new BackoffProperties(INITIAL, MAX), ticker);
    private final List<Thread> callers = new ArrayList<>();
    private final List<Integer> gone = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        callers.forEach(Thread::interrupt);
    }

    private Thread caller(int number) {
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                throttle.await();
                gone.add(number);
            } catch (InterruptedException e) {
                gone.add(-number);
            }
        });
        callers.add(caller);
        return caller;
    }

    /** Starts callers, which arrive in the order of their numbers. */
    private void callers(int number) {
        for (int n = 1; n <= number; n++) {
            Thread caller = caller(n);
            await().until(() -> !caller.isAlive() || isWaiting(caller));
        }
    }

    private static boolean isWaiting(Thread thread) {
        return thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING;
    }

    private void goneAre(int number) {
        await().until(() -> gone.size() == number);
        await().during(Duration.ofMillis(50)).until(() -> gone.size() == number);
    }

    private void refuse() {
        refuse(null);
    }

    private void refuse(@Nullable Duration asked) {
        throttle.refused(ticker.nanos(), tooMany(asked));
    }

    private static Refusal tooMany(@Nullable Duration asked) {
        return new Refusal(Reason.RATE_LIMIT, asked, "too many");
    }

    @Test
    void nobody_waits_before_a_refusal() {
        callers(10);
        goneAre(10);
    }

    @Test
    void a_refusal_pauses_for_at_least_half_the_initial_backoff_and_at_most_all_of_it() {
        refuse();
        callers(1);
        ticker.pass(INITIAL.dividedBy(2).minusNanos(1));
        goneAre(0);
        ticker.pass(INITIAL.dividedBy(2).plusNanos(1));
        goneAre(1);
    }

    @Test
    void a_wait_that_the_provider_asked_for_is_kept_whole_however_long() {
        refuse(Duration.ofMinutes(5));
        callers(1);
        ticker.pass(Duration.ofMinutes(5).minusNanos(1));
        goneAre(0);
        ticker.pass(INITIAL.plusNanos(1));
        goneAre(1);
    }

    @Test
    void each_further_refusal_doubles_the_pause_up_to_the_maximum_and_a_success_begins_anew() {
        for (Duration longest : List.of(INITIAL, INITIAL.multipliedBy(2), INITIAL.multipliedBy(4), MAX, MAX)) {
            refuse();
            gone.clear();
            callers(1);
            ticker.pass(longest.dividedBy(2).minusNanos(1));
            goneAre(0);
            ticker.pass(longest.dividedBy(2).plusNanos(1));
            goneAre(1);
        }
        throttle.accepted(ticker.nanos());
        refuse();
        gone.clear();
        callers(1);
        ticker.pass(INITIAL);
        goneAre(1);
    }

    @Test
    void calls_that_were_under_way_together_and_are_refused_together_are_one_refusal() {
        long begun = ticker.nanos();
        ticker.pass(Duration.ofMillis(300));
        for (int call = 0; call < 100; call++) {
            throttle.refused(begun, tooMany(null));
        }
        callers(1);
        ticker.pass(INITIAL);
        goneAre(1);
    }

    @Test
    void a_longer_wait_that_a_later_answer_asks_for_counts() {
        long begun = ticker.nanos();
        throttle.refused(begun, tooMany(Duration.ofSeconds(2)));
        throttle.refused(begun, tooMany(Duration.ofSeconds(20)));
        throttle.refused(begun, tooMany(Duration.ofSeconds(3)));
        callers(1);
        ticker.pass(Duration.ofSeconds(20).minusNanos(1));
        goneAre(0);
        ticker.pass(INITIAL.plusNanos(1));
        goneAre(1);
    }

    @Test
    void after_the_pause_calls_go_one_by_one_in_order_until_successes_bring_them_closer() {
        refuse();
        callers(12);
        ticker.pass(INITIAL);
        goneAre(1);
        ticker.pass(INITIAL.minusNanos(1));
        goneAre(1);
        ticker.pass(Duration.ofNanos(1));
        goneAre(2);

        throttle.accepted(ticker.nanos());
        ticker.pass(INITIAL.dividedBy(2));
        goneAre(3);
        assertThat(gone).containsExactly(1, 2, 3);
        // 1 s, halved ten times, is less than a millisecond.
        for (int success = 1; success < 9; success++) {
            throttle.accepted(ticker.nanos());
        }
        int before = gone.size();
        assertThat(before).isLessThan(12);
        throttle.accepted(ticker.nanos());
        goneAre(12);
        callers(5);
        goneAre(17);
    }

    @Test
    void a_success_brings_the_next_call_closer_that_waits_already() {
        refuse();
        callers(2);
        ticker.pass(INITIAL);
        goneAre(1);
        throttle.accepted(ticker.nanos());
        ticker.pass(INITIAL.dividedBy(2));
        goneAre(2);
    }

    @Test
    void an_answer_to_a_call_from_before_the_pause_lifts_nothing() {
        long begun = ticker.nanos();
        refuse();
        for (int answer = 0; answer < 100; answer++) {
            throttle.accepted(begun);
        }
        callers(2);
        ticker.pass(INITIAL);
        goneAre(1);
    }

    @Test
    void a_place_that_is_not_used_goes_to_the_next_at_once_but_not_before_the_pause_is_over() {
        refuse();
        throttle.unused();
        callers(3);
        goneAre(0);
        ticker.pass(INITIAL);
        goneAre(1);
        throttle.unused();
        goneAre(2);
    }

    @Test
    void an_interrupt_ends_the_wait_of_the_first_and_of_those_behind_it_and_the_others_go_on() {
        refuse();
        callers(4);
        callers.get(0).interrupt();
        callers.get(2).interrupt();
        await().until(() -> gone.size() == 2);
        assertThat(gone).containsExactlyInAnyOrder(-1, -3);
        ticker.pass(INITIAL);
        await().until(() -> gone.contains(2));
        ticker.pass(INITIAL);
        await().until(() -> gone.contains(4));
    }

    @Test
    void without_a_backoff_calls_still_keep_a_distance_after_the_pause() {
        Throttle hasty = new Throttle("us-east", new BackoffProperties(Duration.ZERO, MAX), ticker);
        hasty.refused(ticker.nanos(), tooMany(Duration.ofSeconds(1)));
        ticker.pass(Duration.ofSeconds(1));
        List<Integer> through = new CopyOnWriteArrayList<>();
        for (int n = 0; n < 3; n++) {
            callers.add(Thread.ofVirtual().start(() -> {
                try {
                    hasty.await();
                    through.add(1);
                } catch (InterruptedException e) {
                    through.clear();
                }
            }));
        }
        await().until(() -> through.size() == 1);
        await().during(Duration.ofMillis(50)).until(() -> through.size() == 1);
    }

    @Test
    void the_time_of_the_pauses_is_counted_by_their_reason() {
        throttle.refused(ticker.nanos(), new Refusal(Reason.QUOTA, Duration.ofSeconds(60), "pay"));
        assertThat(throttle.refusing()).contains(Reason.QUOTA);
        ticker.pass(Duration.ofSeconds(10));
        assertThat(throttle.paused(Reason.QUOTA)).isEqualTo(Duration.ofSeconds(10));
        ticker.pass(Duration.ofSeconds(100));
        Duration quota = throttle.paused(Reason.QUOTA);
        assertThat(quota).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(61));

        throttle.refused(ticker.nanos(), new Refusal(Reason.RATE_LIMIT, Duration.ofSeconds(5), "slow down"));
        ticker.pass(Duration.ofSeconds(2));
        assertThat(throttle.paused(Reason.RATE_LIMIT)).isEqualTo(Duration.ofSeconds(2));
        assertThat(throttle.paused(Reason.QUOTA)).isEqualTo(quota);
        assertThat(throttle.paused(Reason.OVERLOADED)).isZero();
    }

    private void refuseAndTakeAgain(@Nullable Duration pause) {
        throttle.refused(ticker.nanos(), new Refusal(Reason.RATE_LIMIT, pause, "slow down"));
        ticker.pass(pause == null ? MAX.multipliedBy(2) : pause.plus(INITIAL));
        while (!throttle.takesCalls()) {
            throttle.accepted(ticker.nanos());
        }
    }

    @Test
    void a_region_that_refuses_again_and_again_is_a_line_a_minute_with_the_number_of_those_left_out() {
        try (Console console = new Console()) {
            for (int time = 0; time < 6; time++) {
                refuseAndTakeAgain(Duration.ofSeconds(12));
            }
            assertThat(console.lines("The region refuses"))
                    .hasSize(2)
                    .first()
                    .asString()
                    .contains("region=us-east reason=rate_limit also_before=0");
            assertThat(console.lines("The region refuses").getLast()).endsWith("also_before=4");
            assertThat(console.lines("The region takes calls again"))
                    .as("one for each refusal that was told")
                    .hasSize(2);
        }
    }

    @Test
    void a_pause_that_is_longer_than_a_minute_is_told_at_once() {
        try (Console console = new Console()) {
            refuseAndTakeAgain(Duration.ofSeconds(2));
            refuseAndTakeAgain(Duration.ofMinutes(5));
            assertThat(console.lines("The region refuses")).hasSize(2);
        }
    }
}
