package io.projectbeacon.runner.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Conversation;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.inference.CallBudget.Bytes;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The memory of calls under way is bounded, and whoever waits for it comes to its turn. */
class CallBudgetTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    /** Of a simulated call, 4 kB and four bytes a character: with so many characters, about 100,000. */
    private static final int CHARACTERS = 24_000;

    private static CallBudget budget(Provider provider, long bytes) {
        return InferenceRoom.budget(provider, bytes);
    }

    private static CellWork asking(int characters) {
        return asking(2, characters);
    }

    private static CellWork asking(int questions, int characters) {
        return new CellWork(
                "us-east",
                "m",
                Conversation.plain(),
                Collections.nCopies(questions, "x".repeat(characters)),
                JsonMapper.shared().createObjectNode(),
                Set.of());
    }

    private static Thread started(FutureTask<Void> task) {
        return Thread.ofVirtual().start(task);
    }

    private static FutureTask<Void> taking(Bytes bytes) {
        return new FutureTask<>(() -> {
            bytes.take();
            return null;
        });
    }

    private static void awaitWaiting(Thread thread) {
        await().atMost(LONG).until(() -> thread.getState() == Thread.State.WAITING);
    }

    @Test
    void calls_that_do_not_fit_wait_until_others_have_ended() throws Exception {
        CallBudget budget = budget(Provider.SIMULATED, 250_000);
        Bytes one = budget.of(asking(CHARACTERS));
        Bytes other = budget.of(asking(CHARACTERS));
        Bytes third = budget.of(asking(CHARACTERS));
        assertThat(one.tryTake()).isTrue();
        assertThat(one.tryTake()).isTrue();
        assertThat(other.tryTake()).isTrue();
        assertThat(budget.taken()).isBetween(200_000L, 250_000L);
        assertThat(third.tryTake()).isFalse();
        FutureTask<Void> waiting = taking(third);
        awaitWaiting(started(waiting));
        other.giveBack();
        other.giveBack();
        waiting.get();
        one.giveBack();
        third.giveBack();
        assertThat(budget.taken()).isZero();
    }

    @Test
    void one_call_alone_goes_whatever_its_size_and_no_other_passes_it_by() throws Exception {
        CallBudget budget = budget(Provider.SIMULATED, 250_000);
        Bytes small = budget.of(asking(10));
        Bytes large = budget.of(asking(1_000_000));
        Bytes later = budget.of(asking(10));
        assertThat(small.tryTake()).isTrue();
        FutureTask<Void> waiting = taking(large);
        awaitWaiting(started(waiting));
        assertThat(later.tryTake())
                .as("it would fit, but the large one came before")
                .isFalse();
        FutureTask<Void> behind = taking(later);
        Thread behindIt = started(behind);
        awaitWaiting(behindIt);
        small.giveBack();
        waiting.get();
        assertThat(behind.isDone()).isFalse();
        large.giveBack();
        behind.get();
    }

    @Test
    void one_that_is_interrupted_while_it_waits_takes_nothing_and_is_in_nobodys_way() throws Exception {
        CallBudget budget = budget(Provider.SIMULATED, 250_000);
        Bytes held = budget.of(asking(10));
        assertThat(held.tryTake()).isTrue();
        FutureTask<Void> waiting = taking(budget.of(asking(1_000_000)));
        Thread thread = started(waiting);
        awaitWaiting(thread);
        thread.interrupt();
        await().atMost(LONG).until(waiting::isDone);
        Bytes next = budget.of(asking(10));
        assertThat(next.tryTake()).isTrue();
        held.giveBack();
        next.giveBack();
        assertThat(budget.taken()).isZero();
    }

    @Test
    void a_call_over_http_counts_its_connection_and_the_answer_that_it_may_get() {
        CallBudget budget = budget(Provider.OPENAI, 1);
        assertThat(budget.of(asking(10)).tryTake()).isTrue();
        assertThat(budget.taken()).isBetween(2L * BoundedBody.SMALL_BYTES, 3L * BoundedBody.SMALL_BYTES);
    }

    @Test
    void long_cells_leave_a_quarter_to_short_ones_and_those_leave_the_rest_to_a_long_one_that_waits() throws Exception {
        CallBudget budget = budget(Provider.SIMULATED, 410_000);
        Bytes[] longCells = new Bytes[4];
        for (int n = 0; n < longCells.length; n++) {
            longCells[n] = budget.of(asking(5, CHARACTERS));
            assertThat(longCells[n].tryTake()).isEqualTo(n < 3);
        }
        Bytes[] shortCells = new Bytes[4];
        for (int n = 0; n < shortCells.length; n++) {
            shortCells[n] = budget.of(asking(4, CHARACTERS));
            assertThat(shortCells[n].tryTake()).isEqualTo(n < 1);
        }
        for (int n = 0; n < 3; n++) {
            longCells[n].giveBack();
        }
        for (int n = 1; n < shortCells.length; n++) {
            assertThat(shortCells[n].tryTake()).as("what is left").isTrue();
        }

        // One long cell goes in any case; the next one waits.
        assertThat(longCells[0].tryTake()).isTrue();
        FutureTask<Void> waiting = taking(longCells[1]);
        awaitWaiting(started(waiting));
        shortCells[0].giveBack();
        assertThat(shortCells[0].tryTake()).as("a long one waits").isFalse();
        shortCells[1].giveBack();
        waiting.get();
        assertThat(shortCells[0].tryTake()).as("all is taken").isFalse();
    }
}
