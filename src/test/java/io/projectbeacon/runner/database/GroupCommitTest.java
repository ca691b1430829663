package io.projectbeacon.runner.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Console;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order of batches and answers, with a writer that writes when the test says so. */
@Timeout(60)
class GroupCommitTest {

    /** A batch that a writer has taken and not written yet. */
    private record Taken(List<String> requests, CompletableFuture<List<Optional<String>>> written) {

        /** Answers each request with itself in capitals; one that begins with a question mark gets no answer. */
        void succeed() {
            written.complete(requests.stream()
                    .map(request ->
                            request.startsWith("?") ? Optional.<String>empty() : Optional.of(request.toUpperCase()))
                    .toList());
        }

        void fail() {
            written.completeExceptionally(new IllegalStateException("the batch is broken"));
        }
    }

    /** A thread that asks, and the answer that it gets. */
    private record Caller(Thread thread, CompletableFuture<String> answer) {

        String get() throws Exception {
            try {
                return answer.get(30, TimeUnit.SECONDS);
            } catch (TimeoutException waiting) {
                throw new AssertionError("a caller waits for ever", waiting);
            }
        }
    }

    private final BlockingQueue<Taken> taken = new LinkedBlockingQueue<>();
    private final List<String> alone = new ArrayList<>();
    private final CountDownLatch slow = new CountDownLatch(1);

    private GroupCommit<String, String> group(int capacity) {
        return new GroupCommit<>(
                "requests",
                this::together,
                new GroupCommit.Bounds<>(capacity, request -> request.startsWith("heavy") ? 5 : 1),
                Thread::startVirtualThread);
    }

    private List<Optional<String>> together(List<String> requests) {
        Taken batch = new Taken(requests, new CompletableFuture<>());
        taken.add(batch);
        try {
            return batch.written().get();
        } catch (java.util.concurrent.ExecutionException broken) {
            throw (RuntimeException) broken.getCause();
        } catch (InterruptedException e) {
            throw new AssertionError("a writer was interrupted", e);
        }
    }

    private String alone(String request) {
        synchronized (alone) {
            alone.add(request);
        }
        if (request.equals("?slow")) {
            try {
                slow.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        if (request.startsWith("bad")) {
            throw new IllegalArgumentException(request);
        }
        return request + " alone";
    }

    /** Asks in a thread of its own, and returns once that thread waits for the answer. */
    private Caller ask(GroupCommit<String, String> group, String request) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            try {
                answer.complete(group.ask(request).orElseGet(() -> alone(request)));
            } catch (RuntimeException failure) {
                answer.completeExceptionally(failure);
            }
        });
        await().until(() -> thread.getState() == Thread.State.WAITING);
        return new Caller(thread, answer);
    }

    private Taken next() throws InterruptedException {
        return Optional.ofNullable(taken.poll(30, TimeUnit.SECONDS)).orElseThrow();
    }

    @Test
    void a_lone_request_is_written_at_once() throws Exception {
        Caller caller = ask(group(10), "a");
        Taken batch = next();
        assertThat(batch.requests()).containsExactly("a");
        batch.succeed();
        assertThat(caller.get()).isEqualTo("A");
        assertThat(alone).isEmpty();
    }

    @Test
    void a_request_for_which_no_writer_can_be_started_asks_alone_and_the_next_has_a_writer_again() throws Exception {
        AtomicBoolean exhausted = new AtomicBoolean(true);
        GroupCommit<String, String> group =
                new GroupCommit<>("requests", this::together, GroupCommit.Bounds.requests(10), writer -> {
                    if (exhausted.getAndSet(false)) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    Thread.startVirtualThread(writer);
                });
        try (Console console = new Console()) {
            assertThat(group.ask("a")).isEmpty();
            assertThat(console.lines("A batch of requests failed")).hasSize(1);
        }
        group.drain(Duration.ZERO);
        Caller caller = ask(group, "b");
        next().succeed();
        assertThat(caller.get()).isEqualTo("B");
    }

    @Test
    void requests_that_are_handed_over_go_together_and_each_is_told_its_answer_once_whatever_another_does_with_its_own()
            throws Exception {
        GroupCommit<String, String> group = group(10);
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        GroupCommit.Answers<String> answers = (place, answer) -> {
            told.add(place + " " + answer.orElse("open"));
            if (place == 1) {
                throw new IllegalStateException("what follows an answer is broken");
            }
        };
        try (Console console = new Console()) {
            group.handOver(List.of("a", "b", "?c"), answers);
            Taken batch = next();
            assertThat(batch.requests()).containsExactly("a", "b", "?c");
            batch.succeed();
            assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("0 A");
            assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("1 B");
            assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("2 open");
            assertThat(console.lines("What follows a batch of requests failed")).hasSize(1);
        }
        group.handOver(List.of("d"), answers);
        next().written().completeExceptionally(new IllegalStateException("the batch failed"));
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("0 open");
        group.handOver(List.of(), answers);
        group.drain(Duration.ofSeconds(10));
        assertThat(told).isEmpty();
    }

    @Test
    void what_comes_while_a_batch_is_written_goes_with_the_next_in_the_order_it_came() throws Exception {
        GroupCommit<String, String> group = group(10);
        Caller a = ask(group, "a");
        Taken first = next();
        List<Caller> others = List.of(ask(group, "b"), ask(group, "c"), ask(group, "d"));
        assertThat(taken).isEmpty();
        first.succeed();
        assertThat(a.get()).isEqualTo("A");
        Taken second = next();
        assertThat(second.requests()).containsExactly("b", "c", "d");
        second.succeed();
        assertThat(List.of(
                        others.get(0).get(), others.get(1).get(), others.get(2).get()))
                .containsExactly("B", "C", "D");
    }

    @Test
    void a_batch_has_a_bound_and_what_is_larger_than_it_travels_alone() throws Exception {
        GroupCommit<String, String> group = group(2);
        ask(group, "a");
        Taken first = next();
        for (String request : List.of("b", "c", "d", "heavy", "e")) {
            ask(group, request);
        }
        List<List<String>> batches = new ArrayList<>();
        first.succeed();
        for (int n = 0; n < 4; n++) {
            Taken batch = next();
            batches.add(batch.requests());
            batch.succeed();
        }
        assertThat(batches).containsExactly(List.of("b", "c"), List.of("d"), List.of("heavy"), List.of("e"));
    }

    @Test
    void a_batch_that_failed_is_asked_for_one_by_one_and_each_gets_its_own_answer_or_its_own_error() throws Exception {
        GroupCommit<String, String> group = group(10);
        ask(group, "first");
        Taken first = next();
        Caller good = ask(group, "good");
        Caller bad = ask(group, "bad one");
        Caller worse = ask(group, "bad two");
        first.succeed();
        next().fail();
        assertThat(good.get()).isEqualTo("good alone");
        assertThatThrownBy(bad::get)
                .hasRootCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("one");
        assertThatThrownBy(worse::get)
                .hasRootCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two");
        assertThat(alone).containsExactlyInAnyOrder("good", "bad one", "bad two");
        Caller after = ask(group, "after");
        next().succeed();
        assertThat(after.get()).isEqualTo("AFTER");
    }

    @Test
    void a_request_that_a_batch_leaves_open_is_asked_for_alone_and_holds_nobody_up() throws Exception {
        GroupCommit<String, String> group = group(10);
        Caller open = ask(group, "?slow");
        next().succeed();
        await().until(() -> {
            synchronized (alone) {
                return alone.equals(List.of("?slow"));
            }
        });
        Caller other = ask(group, "other");
        next().succeed();
        assertThat(other.get()).isEqualTo("OTHER");
        assertThat(open.answer()).isNotDone();
        slow.countDown();
        assertThat(open.get()).isEqualTo("?slow alone");
    }

    @Test
    void a_caller_that_is_interrupted_gets_its_answer_and_stays_interrupted() throws Exception {
        GroupCommit<String, String> group = group(10);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            Optional<String> answer = group.ask("a");
            interrupted.complete(
                    answer.equals(Optional.of("A")) && Thread.currentThread().isInterrupted());
        });
        Taken batch = next();
        caller.interrupt();
        batch.succeed();
        assertThat(interrupted.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void draining_waits_for_all_that_has_been_asked_but_not_for_ever() throws Exception {
        GroupCommit<String, String> group = group(1);
        Caller a = ask(group, "a");
        Caller b = ask(group, "b");
        group.drain(Duration.ofMillis(1));
        assertThat(b.answer()).isNotDone();
        Thread drain = Thread.ofVirtual().start(() -> {
            try {
                group.drain(Duration.ofMinutes(1));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        next().succeed();
        assertThat(a.get()).isEqualTo("A");
        Taken last = next();
        assertThat(drain.isAlive()).isTrue();
        last.succeed();
        assertThat(drain.join(Duration.ofSeconds(30))).isTrue();
        assertThat(b.get()).isEqualTo("B");
    }

    @Test
    void in_a_storm_each_gets_its_own_answer_once_and_there_is_never_a_second_writer() throws Exception {
        AtomicInteger writing = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Set<Integer> written = ConcurrentHashMap.newKeySet();
        GroupCommit<Integer, Integer> group = new GroupCommit<>(
                "requests",
                requests -> {
                    most.accumulateAndGet(writing.incrementAndGet(), Math::max);
                    assertThat(requests).hasSizeLessThanOrEqualTo(7).allMatch(written::add);
                    writing.decrementAndGet();
                    return requests.stream().map(n -> Optional.of(-n)).toList();
                },
                GroupCommit.Bounds.requests(7),
                Thread::startVirtualThread);
        List<Future<Integer>> answers = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int n = 0; n < 20_000; n++) {
                int request = n;
                answers.add(callers.submit(() -> group.ask(request).orElseThrow()));
            }
        }
        for (int n = 0; n < answers.size(); n++) {
            assertThat(answers.get(n).get()).isEqualTo(-n);
        }
        assertThat(written).hasSize(20_000);
        assertThat(most).hasValue(1);
    }
}
