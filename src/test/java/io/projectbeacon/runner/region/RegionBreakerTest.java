package io.projectbeacon.runner.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.region.RegionBreaker.Permission;
import io.projectbeacon.runner.region.RegionBreaker.Verdict;
import io.projectbeacon.runner.support.Console;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The breaker opens after failures, lets trial calls through, and closes again. */
class RegionBreakerTest {

    private static final Duration OPEN_FOR = Duration.ofSeconds(10);

    private final FakeTicker ticker = new FakeTicker();
    private final RegionBreaker breaker =
            new RegionBreaker("us-east", new BreakerProperties(50, 4, OPEN_FOR, 2), ticker);

    private void calls(Verdict... verdicts) {
        for (Verdict verdict : verdicts) {
            breaker.ended(breaker.tryAcquire().orElseThrow(), verdict);
        }
    }

    private void open() {
        calls(Verdict.FAILS, Verdict.FAILS, Verdict.FAILS, Verdict.FAILS);
        assertThat(breaker.isOpen()).isTrue();
    }

    @Test
    void it_opens_when_half_of_the_window_failed_and_not_before_the_window_is_full() {
        calls(Verdict.FAILS, Verdict.FAILS, Verdict.WORKS);
        assertThat(breaker.isOpen()).isFalse();
        calls(Verdict.WORKS);
        assertThat(breaker.isOpen()).isTrue();
        assertThat(breaker.tryAcquire()).isEmpty();
    }

    @Test
    void fewer_failures_than_the_rate_leave_it_closed() {
        calls(Verdict.FAILS, Verdict.WORKS, Verdict.WORKS, Verdict.WORKS);
        calls(Verdict.FAILS, Verdict.WORKS, Verdict.WORKS, Verdict.WORKS);
        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void ends_that_say_nothing_are_not_counted() {
        for (int call = 0; call < 20; call++) {
            calls(Verdict.NOTHING);
        }
        calls(Verdict.FAILS, Verdict.FAILS, Verdict.FAILS);
        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void it_tells_how_long_until_a_trial_and_lets_as_many_trials_through_as_configured() {
        open();
        assertThat(breaker.untilTrial()).isEqualTo(OPEN_FOR.plusMillis(1));
        ticker.pass(Duration.ofSeconds(4));
        assertThat(breaker.untilTrial()).isEqualTo(Duration.ofMillis(6001));
        ticker.pass(Duration.ofSeconds(6));
        assertThat(breaker.tryAcquire()).isEmpty();
        ticker.pass(breaker.untilTrial());

        assertThat(breaker.tryAcquire()).isPresent();
        assertThat(breaker.tryAcquire()).isPresent();
        assertThat(breaker.tryAcquire()).isEmpty();
        assertThat(breaker.untilTrial()).isEqualTo(OPEN_FOR);
        assertThat(breaker.isOpen()).isTrue();
    }

    @Test
    void trials_that_succeed_close_it_and_trials_that_fail_open_it_for_as_long_again() {
        open();
        ticker.pass(breaker.untilTrial());
        calls(Verdict.FAILS, Verdict.FAILS);
        assertThat(breaker.tryAcquire()).isEmpty();
        assertThat(breaker.untilTrial()).isEqualTo(OPEN_FOR.plusMillis(1));

        ticker.pass(breaker.untilTrial());
        calls(Verdict.WORKS, Verdict.WORKS);
        assertThat(breaker.isOpen()).isFalse();
        calls(Verdict.WORKS, Verdict.WORKS, Verdict.WORKS);
    }

    @Test
    void a_trial_that_says_nothing_makes_room_for_another() {
        open();
        ticker.pass(breaker.untilTrial());
        for (int trial = 0; trial < 10; trial++) {
            calls(Verdict.NOTHING);
        }
        calls(Verdict.WORKS, Verdict.WORKS);
        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void calls_from_before_it_opened_are_not_taken_for_trials_whatever_their_end() {
        List<Permission> before = new ArrayList<>();
        for (int call = 0; call < 6; call++) {
            before.add(breaker.tryAcquire().orElseThrow());
        }
        open();
        ticker.pass(breaker.untilTrial());
        Permission trial = breaker.tryAcquire().orElseThrow();
        breaker.ended(before.get(0), Verdict.FAILS);
        breaker.ended(before.get(1), Verdict.FAILS);
        breaker.ended(before.get(2), Verdict.NOTHING);
        breaker.ended(before.get(3), Verdict.NOTHING);

        assertThat(breaker.tryAcquire()).as("the second trial").isPresent().hasValueSatisfying(second -> {
            assertThat(breaker.tryAcquire()).as("a third").isEmpty();
            breaker.ended(before.get(4), Verdict.WORKS);
            breaker.ended(before.get(5), Verdict.WORKS);
            assertThat(breaker.isOpen()).isTrue();
            breaker.ended(second, Verdict.WORKS);
        });
        breaker.ended(trial, Verdict.WORKS);
        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void the_log_says_what_happens_next_once_a_minute() {
        try (Console console = new Console()) {
            open();
            for (int trial = 0; trial < 6; trial++) {
                ticker.pass(breaker.untilTrial());
                calls(Verdict.FAILS, Verdict.FAILS);
            }
            ticker.pass(breaker.untilTrial());
            calls(Verdict.WORKS, Verdict.WORKS);
            open();
            ticker.pass(breaker.untilTrial());
            calls(Verdict.WORKS, Verdict.WORKS);
            assertThat(console.lines(""))
                    .containsExactly(
                            "WARN 50 % or more of the last 4 calls failed; no call is sent to the region for PT10S, then 2"
                                    + " trial call(s) decide region=us-east also_before=0",
                            "WARN The trial calls failed; no call is sent to the region for PT10S, then 2 trial call(s)"
                                    + " decide region=us-east also_before=5",
                            "INFO The trial calls succeeded; calls are sent to the region as before region=us-east");
        }
    }
}
