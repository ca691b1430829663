package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Conversation;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.inference.CallBudget;
import io.projectbeacon.runner.inference.InferenceRoom;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.region.RegionLimits;
import io.projectbeacon.runner.region.RegionRoom;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** A cell waits for its region and for memory in a way that keeps neither from others. */
class CellPlaceTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    /** Of a call over HTTP, about 160,000 bytes. */
    private static final long ONE_CALL = 200_000;

    private final RegionLimits limits;
    private final Map<String, Boolean> closed = new ConcurrentHashMap<>();
    private final Map<String, ReentrantLock> turns = new ConcurrentHashMap<>();

    CellPlaceTest() {
        RegionsProperties.Region one = new RegionsProperties.Region(Set.of(), null, null, 1, null);
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        limits = RegionRoom.limits(
                Regions.of(Provider.SIMULATED, new RegionsProperties(Map.of("us-east", one, "eu-west", one))),
                Metrics.in(registry),
                Metrics.gauges(registry));
    }

    private static CellWork cell(String region, int characters) {
        return new CellWork(
                region,
                "m",
                Conversation.plain(),
                List.of("x".repeat(characters)),
                JsonMapper.shared().createObjectNode(),
                Set.of());
    }

    private CellPlace place(CallBudget budget, String region, int characters) {
        return new CellPlace(
                limits.slot(region, "default"),
                budget.of(cell(region, characters)),
                () -> !closed.containsKey(region),
                limits.fairStart(region, false),
                turns.computeIfAbsent(region, name -> new ReentrantLock(true)));
    }

    private static FutureTask<Void> taking(CellPlace place) {
        FutureTask<Void> taking = new FutureTask<>(() -> {
            place.takeAgain();
            return null;
        });
        Thread thread = Thread.ofVirtual().start(taking);
        await().atMost(LONG).until(() -> taking.isDone() || thread.getState() == Thread.State.WAITING);
        return taking;
    }

    @Test
    void a_cell_that_waits_for_memory_has_no_slot_of_its_region() throws Exception {
        CallBudget budget = InferenceRoom.budget(Provider.OPENAI, ONE_CALL);
        CellPlace other = place(budget, "eu-west", 10);
        other.takeAgain();
        CellPlace waiting = place(budget, "us-east", 10);
        FutureTask<Void> taking = taking(waiting);
        assertThat(taking.isDone()).isFalse();
        // The only slot of the region is free for a call that needs no memory of this runner.
        FutureTask<Void> slot = new FutureTask<>(() -> {
            limits.slot("us-east", "default").acquire();
            return null;
        });
        Thread.ofVirtual().start(slot);
        assertThat(slot).succeedsWithin(LONG);
        other.giveBack();
        assertThat(taking.isDone()).isFalse();
    }

    @Test
    void a_cell_whose_region_takes_no_calls_waits_without_memory() throws Exception {
        CallBudget budget = InferenceRoom.budget(Provider.OPENAI, ONE_CALL);
        CountDownLatch opens = new CountDownLatch(1);
        CellPlace waiting = place(budget, "us-east", 10);
        waiting.takeAgain();
        closed.put("us-east", true);
        FutureTask<Void> regionWait = new FutureTask<>(() -> {
            waiting.await(opens::await);
            return null;
        });
        Thread.ofVirtual().start(regionWait);
        CellPlace other = place(budget, "eu-west", 10);
        assertThat(taking(other)).succeedsWithin(LONG);
        opens.countDown();
        assertThat(regionWait.isDone()).isFalse();
        other.giveBack();
        assertThat(regionWait).succeedsWithin(LONG);
        waiting.giveBack();
    }

    @Test
    void cells_of_all_sizes_in_regions_that_open_and_close_all_come_to_their_end() throws Exception {
        CallBudget budget = InferenceRoom.budget(Provider.OPENAI, 3 * ONE_CALL);
        List<FutureTask<Void>> cells = new ArrayList<>();
        for (int n = 0; n < 600; n++) {
            String region = n % 2 == 0 ? "us-east" : "eu-west";
            CellPlace place = place(budget, region, n % 50 == 0 ? 1_000_000 : 10 * n);
            boolean closes = n % 3 == 0;
            FutureTask<Void> cell = new FutureTask<>(() -> {
                try {
                    place.takeAgain();
                    if (closes) {
                        closed.put(region, true);
                        place.await(Thread::yield);
                        closed.remove(region);
                    }
                    place.giveBack(); // As between two attempts.
                    place.takeAgain();
                } finally {
                    place.giveBack();
                }
                return null;
            });
            cells.add(cell);
            Thread.ofVirtual().start(cell);
        }
        for (FutureTask<Void> cell : cells) {
            cell.get(60, TimeUnit.SECONDS);
        }
        CellPlace all = place(budget, "us-east", 50_000_000);
        all.takeAgain();
        all.giveBack();
    }
}
