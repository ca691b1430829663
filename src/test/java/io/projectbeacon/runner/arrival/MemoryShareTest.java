package io.projectbeacon.runner.arrival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MemoryShareTest {

    private static final Duration AT_ONCE = Duration.ZERO;

    private static final long KIB = 1024;

    private final MemoryShare share = new MemoryShare(1000 * KIB);

    private MemoryShare.Reservation taken(long bytes, boolean small) {
        MemoryShare.Reservation reservation = share.open();
        reservation.grow(bytes * KIB, small, AT_ONCE);
        return reservation;
    }

    private void assertFull(long bytes, boolean small) {
        assertThatExceptionOfType(NoRoomException.class).isThrownBy(() -> taken(bytes, small));
    }

    @Test
    void large_bodies_leave_a_quarter_to_small_ones_which_may_take_all_of_it() {
        taken(750, false);
        assertFull(1, false);
        MemoryShare.Reservation small = taken(250, true);
        assertFull(1, true);
        small.close();
        taken(200, true);
        assertFull(1, false);
    }

    @Test
    void what_grows_takes_only_what_is_more_and_gives_all_of_it_back() {
        MemoryShare.Reservation growing = taken(100, true);
        growing.grow(300 * KIB, true, AT_ONCE);
        growing.grow(200 * KIB, true, AT_ONCE);
        MemoryShare.Reservation other = taken(700, true);
        assertFull(1, true);
        growing.close();
        other.close();
        taken(1000, true);
    }

    @Test
    void one_that_needs_more_than_there_is_gets_all_of_it_once_it_is_alone() {
        MemoryShare.Reservation other = taken(1, false);
        assertFull(5000, false);
        other.close();
        taken(5000, false);
        assertFull(1, false);
    }

    @Test
    void it_is_given_back_when_the_last_holder_has_closed_it() {
        MemoryShare.Reservation shared = taken(1000, true);
        shared.retain();
        shared.close();
        assertFull(1, true);
        shared.close();
        taken(1000, true);
    }

    @Test
    void what_is_released_can_be_taken_again() {
        MemoryShare.Reservation reservation = taken(1000, true);
        reservation.release();
        reservation.grow(400 * KIB, true, AT_ONCE);
        taken(600, true);
        assertFull(1, true);
    }

    @Test
    void one_that_waits_gets_what_others_give_back() throws InterruptedException {
        MemoryShare.Reservation first = taken(1000, true);
        AtomicInteger got = new AtomicInteger();
        List<Thread> waiting = new ArrayList<>();
        for (int n = 0; n < 10; n++) {
            waiting.add(Thread.startVirtualThread(() -> {
                share.open().grow(100 * KIB, true, Duration.ofMinutes(1));
                got.incrementAndGet();
            }));
        }
        await().until(() -> waiting.stream().allMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING));
        assertThat(got).hasValue(0);
        first.close();
        for (Thread thread : waiting) {
            thread.join();
        }
        assertThat(got).hasValue(10);
        assertFull(1, true);
    }

    @Test
    void it_is_short_while_one_waits() throws InterruptedException {
        MemoryShare.Reservation first = taken(1000, true);
        assertFull(1, true);
        assertThat(share.isShort()).isFalse();
        Thread waiting = Thread.startVirtualThread(() -> share.open().grow(KIB, false, Duration.ofMinutes(1)));
        await().until(share::isShort);
        first.close();
        waiting.join();
        assertThat(share.isShort()).isFalse();
    }

    @Test
    void a_large_one_that_waits_keeps_no_small_one_waiting() throws InterruptedException {
        MemoryShare.Reservation large = taken(750, false);
        Thread waiting = Thread.startVirtualThread(() -> share.open().grow(100 * KIB, false, Duration.ofMinutes(1)));
        await().until(share::isShort);
        taken(250, true);
        large.close();
        waiting.join(); // Its refusal, a minute later, would fail the test that waits for something then.
    }
}
