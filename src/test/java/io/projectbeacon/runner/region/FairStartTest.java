package io.projectbeacon.runner.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.CallerLimits;
import io.projectbeacon.runner.domain.CallerLimits.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FairStartTest {

    private final FakeTicker ticker = new FakeTicker();
    private final CallerShares callers =
            new CallerShares(new CallerLimits(new Limits(null, null), Map.of("limited", new Limits(null, 2))), ticker);
    private final FairStart fairStart = new FairStart(3);
    private final FairStart otherRegion = new FairStart(3);
    private final Semaphore places = new Semaphore(0);
    private final AtomicInteger inUse = new AtomicInteger();
    private final List<String> begun = new CopyOnWriteArrayList<>();
    private final BlockingQueue<RegionSlot> underWay = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    @AfterEach
    void stop() {
        threads.forEach(Thread::interrupt);
    }

    private RegionSlot slot(String caller) {
        return new RegionSlot(places, null, inUse, callers.of(caller));
    }

    /** A job of a caller, which has come when this returns: it waits for a place, or for its turn. */
    private Thread job(FairStart order, String caller, String name, int cells) {
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            try {
                order.beginAll(IntStream.range(0, cells).boxed().toList(), () -> slot(caller), (cell, slot) -> {
                    begun.add(name + cell);
                    return underWay.add(slot);
                });
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        threads.add(thread);
        await().pollInterval(Duration.ofMillis(1))
                .until(() -> thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TERMINATED);
        return thread;
    }

    private Thread job(String caller, String name, int cells) {
        return job(fairStart, caller, name, cells);
    }

    private void begins(int cells) {
        await().until(() -> begun.size() == cells);
    }

    /** One place comes free, and a cell begins. */
    private void next() {
        int before = begun.size();
        places.release();
        begins(before + 1);
    }

    private void passes(Duration time) {
        ticker.pass(time);
    }

    @Test
    void jobs_of_one_caller_begin_a_few_cells_each_in_the_order_in_which_they_came() {
        job("one", "big-", 7);
        job("one", "small-", 4);
        IntStream.range(0, 11).forEach(place -> next());
        assertThat(begun)
                .containsExactly(
                        "big-0", "big-1", "big-2", "small-0", "small-1", "small-2", "big-3", "big-4", "big-5",
                        "small-3", "big-6");
    }

    @Test
    void a_job_that_cannot_begin_a_cell_begins_no_further_one_and_gives_its_turn_on() throws Exception {
        places.release(3);
        fairStart.beginAll(List.of(1, 2, 3), () -> slot("one"), (cell, slot) -> {
            begun.add("stopped-" + cell);
            return cell < 2;
        });
        job("one", "next-", 1).join();
        assertThat(begun).containsExactly("stopped-1", "stopped-2", "next-0");
    }

    /** What has begun, in one text for each time that it goes on. */
    private static final class Together implements FairStart.Begin<Integer> {

        private final List<Integer> begun = new ArrayList<>();
        private final BlockingQueue<String> wentOn = new LinkedBlockingQueue<>();

        @Override
        public boolean begin(Integer cell, RegionSlot slot) {
            begun.add(cell);
            return true;
        }

        @Override
        public void goOn() {
            if (!begun.isEmpty()) {
                wentOn.add(begun.toString());
                begun.clear();
            }
        }
    }

    @Test
    void cells_that_find_a_place_at_once_go_on_together_and_wait_for_none_that_does_not() throws Exception {
        places.release(5);
        Together together = new Together();
        Thread job = Thread.ofPlatform().daemon().start(() -> {
            try {
                fairStart.beginAll(List.of(0, 1, 2, 3, 4, 5, 6, 7), () -> slot("one"), together);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        threads.add(job);
        // A job's turn is three cells; the sixth has no place.
        assertThat(together.wentOn.poll(10, TimeUnit.SECONDS)).isEqualTo("[0, 1, 2]");
        assertThat(together.wentOn.poll(10, TimeUnit.SECONDS)).isEqualTo("[3, 4]");
        places.release();
        assertThat(together.wentOn.poll(10, TimeUnit.SECONDS)).isEqualTo("[5]");
        places.release(2);
        job.join();
        assertThat(together.begun).isEmpty();
        assertThat(String.join("", together.wentOn)).containsSubsequence("6", "7");
    }

    @Test
    void what_has_begun_goes_on_when_the_job_is_interrupted() throws Exception {
        places.release(2);
        Together together = new Together();
        assertThatThrownBy(() -> fairStart.beginAll(List.of(0, 1), () -> slot("one"), new FairStart.Begin<Integer>() {
                    @Override
                    public boolean begin(Integer cell, RegionSlot slot) {
                        Thread.currentThread().interrupt();
                        return together.begin(cell, slot);
                    }

                    @Override
                    public void goOn() {
                        together.goOn();
                    }
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(together.wentOn).containsExactly("[0]");
    }

    @Test
    void a_caller_that_comes_while_all_places_are_taken_gets_each_one_that_comes_free_until_it_has_had_as_much()
            throws Exception {
        job("heavy", "heavy-", 100);
        IntStream.range(0, 10).forEach(place -> next());
        passes(Duration.ofSeconds(1)); // Ten seconds of places for one, none for the other.
        job("light", "light-", 15);
        for (int place = 0; place < 10; place++) {
            underWay.take().release();
            begins(11 + place);
        }
        assertThat(begun.subList(10, 20)).allMatch(cell -> cell.startsWith("light-"));

        // As much for both after a second of ten places; from then on by turns.
        passes(Duration.ofSeconds(1));
        passes(Duration.ofMillis(200));
        underWay.take().release();
        begins(21);
        assertThat(begun.getLast()).startsWith("heavy-");
    }

    @Test
    void what_a_caller_had_a_while_ago_is_forgotten_little_by_little() {
        job("heavy", "heavy-", 10);
        IntStream.range(0, 10).forEach(place -> next());
        passes(Duration.ofMinutes(1));
        underWay.forEach(RegionSlot::release);
        places.drainPermits();
        double had = callers.had().get("heavy");
        passes(Duration.ofSeconds(20));
        assertThat(callers.had().get("heavy")).isEqualTo(had / 2, org.assertj.core.data.Offset.offset(0.01));
    }

    @Test
    void a_caller_at_its_limit_begins_no_cell_in_any_region_and_keeps_nobody_waiting() throws Exception {
        callers.tell(fairStart);
        callers.tell(otherRegion);
        job("limited", "limited-", 4);
        next();
        next();
        job(otherRegion, "limited", "elsewhere-", 1);
        places.release(); // Nobody may take it.
        await().during(Duration.ofMillis(200)).until(() -> begun.size() == 2 && places.availablePermits() == 1);

        job("other", "other-", 1).join();
        assertThat(begun).containsExactly("limited-0", "limited-1", "other-0");

        underWay.take().release();
        await().until(() -> begun.size() == 4);
        assertThat(begun.getLast()).isIn("limited-2", "elsewhere-0");
        underWay.take().release();
        await().until(() -> begun.size() == 5);
    }

    @Test
    void a_cell_that_comes_back_from_its_wait_waits_for_its_turn_as_jobs_do() throws Exception {
        job("heavy", "heavy-", 20);
        IntStream.range(0, 5).forEach(place -> next());
        passes(Duration.ofSeconds(5));
        RegionSlot back = slot("light");
        Thread cell = Thread.ofPlatform().daemon().start(() -> {
            try {
                fairStart.takeAgain(back);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        threads.add(cell);
        await().until(() -> cell.getState() == Thread.State.WAITING);
        places.release();
        cell.join();
        assertThat(begun).hasSize(5);
        assertThat(inUse).hasValue(6);
    }

    @Test
    void a_place_is_not_lost_with_a_job_that_is_stopped_as_it_gets_it() throws Exception {
        for (int round = 0; round < 200; round++) {
            Thread first = job("one", "first-", 3);
            Thread second = job("two", "second-", 3);
            Thread.ofPlatform().daemon().start(second::interrupt);
            places.release();
            first.interrupt();
            first.join();
            second.join();
            while (!underWay.isEmpty()) {
                underWay.take().release();
            }
            assertThat(places.availablePermits()).as("round " + round).isEqualTo(1);
            assertThat(inUse).hasValue(0);
            places.drainPermits();
        }
    }
}
