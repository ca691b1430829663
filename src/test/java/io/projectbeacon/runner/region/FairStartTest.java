package io.projectbeacon.runner.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FairStartTest {

    private final List<String> begun = new CopyOnWriteArrayList<>();
    private final FairStart fairStart = new FairStart(3);

    private Thread job(String name, int cells, CountDownLatch mayBegin) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                fairStart.beginAll(IntStream.range(0, cells).boxed().toList(), cell -> {
                    mayBegin.await();
                    begun.add(name + cell);
                    return true;
                });
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void jobs_begin_a_few_cells_each_in_the_order_in_which_they_came() throws Exception {
        CountDownLatch mayBegin = new CountDownLatch(1);
        Thread big = job("big-", 7, mayBegin);
        await().until(() -> big.getState() == Thread.State.WAITING);
        Thread small = job("small-", 4, mayBegin);
        await().until(() -> small.getState() == Thread.State.WAITING);
        mayBegin.countDown();
        big.join();
        small.join();
        // After that, one job may have begun its cells before the other job waits to begin its next ones.
        assertThat(begun)
                .startsWith("big-0", "big-1", "big-2", "small-0", "small-1", "small-2")
                .hasSize(11);
    }

    @Test
    void a_job_that_cannot_begin_a_cell_begins_no_further_one_and_gives_its_turn_on() throws Exception {
        fairStart.beginAll(List.of(1, 2, 3), cell -> begun.add("stopped-" + cell) && cell < 2);
        fairStart.beginAll(List.of(1), cell -> begun.add("next-" + cell));
        assertThat(begun).containsExactly("stopped-1", "stopped-2", "next-1");
    }
}
