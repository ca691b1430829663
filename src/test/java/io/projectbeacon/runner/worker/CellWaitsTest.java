package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.job.JobFinisher.Waits;
import io.projectbeacon.runner.region.Closure;
import io.projectbeacon.runner.support.Race;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** No cell goes on once its run has been put aside, and none is interrupted that was under way. */
class CellWaitsTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Map<String, Closure> CLOSED = Map.of("closed", new Closure(0, MINUTE, MINUTE));

    private final CellWaits waits = new CellWaits();
    private final List<Waits> told = new ArrayList<>();

    private List<Waits> parked() {
        waits.shutIfAllWait(CLOSED, told::add);
        return told;
    }

    @Test
    void a_cell_whose_wait_ends_as_the_gate_is_shut_does_not_go_on() throws Exception {
        waits.add(Map.of("closed", 2));
        waits.begin("closed");
        boolean goesOn = waits.during("closed", Duration.ZERO, this::parked);

        assertThat(told).singleElement().isEqualTo(new Waits(Set.of("closed"), null));
        assertThat(goesOn).isFalse();
        assertThat(waits.begin("closed")).isFalse();
        assertThat(waits.beginUnasked()).isFalse();
        assertThat(waits.during("closed", Duration.ZERO, () -> {
                    throw new AssertionError("it waits, though nobody would wake it");
                }))
                .isFalse();
    }

    @Test
    void a_run_is_not_put_aside_while_a_cell_is_under_way_or_can_begin() throws Exception {
        waits.add(Map.of("closed", 1, "open", 1));
        assertThat(parked()).as("a cell can begin").isEmpty();
        waits.begin("open");
        assertThat(parked()).as("a cell is under way").isEmpty();
        waits.during(
                "open",
                Duration.ofSeconds(1),
                () -> assertThat(parked()).as("a short wait").isEmpty());
        assertThat(parked()).as("its wait is over").isEmpty();
        waits.end();
        assertThat(waits.beginUnasked()).isTrue();
        assertThat(parked()).as("a completed cell is come to").isEmpty();
        waits.end();
        assertThat(parked()).hasSize(1);
    }

    @Test
    void a_run_without_cells_left_is_not_put_aside() {
        assertThat(parked()).isEmpty();
        waits.add(Map.of("closed", 1));
        waits.begin("closed");
        waits.end();
        assertThat(parked()).isEmpty();
    }

    @Test
    void a_run_that_waits_for_its_own_next_attempts_is_put_aside_until_the_first_of_them() throws Exception {
        waits.add(Map.of("closed", 1, "open", 1));
        waits.begin("open");
        waits.during("open", Duration.ofSeconds(20), this::parked);
        assertThat(told).singleElement().satisfies(all -> {
            assertThat(all.regions()).containsExactlyInAnyOrder("closed", "open");
            assertThat(all.left()).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(20));
        });
    }

    @Test
    void a_cell_that_waits_is_woken_when_the_gate_is_shut_for_another_reason() throws Exception {
        waits.add(Map.of("closed", 1));
        waits.begin("closed");
        CountDownLatch waiting = new CountDownLatch(1);
        try (Race race = new Race(2)) {
            Callable<Boolean> cell = () -> waits.during("closed", MINUTE, () -> {
                waiting.countDown();
                new CountDownLatch(1).await();
            });
            Callable<Boolean> stop = () -> {
                waiting.await();
                waits.shut();
                return false;
            };
            assertThat(race.run(List.of(cell, stop))).containsExactly(false, false);
        }
        assertThat(parked()).as("it is shut already").isEmpty();
    }

    /** What the cells of a round have found while they were under way, when nothing may be shut or interrupted. */
    private static final class Round {

        private static final int CELLS = 4;

        private final CellWaits waits = new CellWaits();
        private final AtomicBoolean shut = new AtomicBoolean();
        private final AtomicInteger left = new AtomicInteger(CELLS);
        private final AtomicInteger wentOn = new AtomicInteger();
        private final AtomicInteger interrupted = new AtomicInteger();

        Round() {
            waits.add(Map.of("closed", CELLS));
        }

        /** Goes in and out of its wait until it finds the gate shut. */
        private boolean cell() throws InterruptedException {
            boolean began = waits.begin("closed");
            while (waits.during("closed", Duration.ZERO, Thread::yield)) {
                Thread.onSpinWait();
                wentOn.addAndGet(shut.get() ? 1 : 0);
                interrupted.addAndGet(Thread.interrupted() ? 1 : 0);
            }
            boolean knowsWhy = shut.get();
            waits.end();
            left.decrementAndGet();
            return began == knowsWhy || !began;
        }

        private boolean look() {
            while (left.get() > 0) {
                waits.shutIfAllWait(CLOSED, all -> shut.set(true));
            }
            return shut.get();
        }

        List<Callable<Boolean>> threads() {
            List<Callable<Boolean>> threads = new ArrayList<>();
            for (int cell = 0; cell < CELLS; cell++) {
                threads.add(this::cell);
            }
            threads.add(this::look);
            return threads;
        }
    }

    @Test
    void of_cells_that_leave_their_waits_while_the_gate_is_being_shut_none_goes_on_and_none_is_interrupted()
            throws Exception {
        try (Race race = new Race(Round.CELLS + 1)) {
            for (int n = 0; n < 300; n++) {
                Round round = new Round();
                assertThat(race.run(round.threads()))
                        .as("each finds the gate shut, and why")
                        .containsOnly(true);
                assertThat(round.wentOn).hasValue(0);
                assertThat(round.interrupted).hasValue(0);
            }
        }
    }
}
