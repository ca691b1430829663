package io.projectbeacon.runner.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedLookTest {

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final ConcurrentLinkedQueue<CompletableFuture<String>> answers = new ConcurrentLinkedQueue<>();
    private final AtomicInteger looks = new AtomicInteger();

    private SharedLook<String> look(Duration fresh, Duration stands, int rest) {
        return new SharedLook<>("test", new SharedLook.Times(fresh, SHORT, stands, rest), () -> {
            looks.incrementAndGet();
            return answers.remove().join();
        });
    }

    private CompletableFuture<String> next() {
        CompletableFuture<String> answer = new CompletableFuture<>();
        answers.add(answer);
        return answer;
    }

    @Test
    void all_that_ask_while_an_answer_is_fresh_share_it() {
        next().complete("a");
        SharedLook<String> look = look(LONG, Duration.ZERO, 0);
        assertThat(look.get()).isEqualTo("a");
        assertThat(look.get()).isEqualTo("a");
        assertThat(looks).hasValue(1);
    }

    @Test
    void a_silent_database_has_no_answer_and_is_asked_once() {
        next().complete("a");
        CompletableFuture<String> silent = next();
        SharedLook<String> look = look(Duration.ZERO, Duration.ZERO, 0);
        assertThat(look.get()).isEqualTo("a");
        assertThat(look.get()).isNull();
        assertThat(look.get()).isNull();
        assertThat(looks).hasValue(2);
        next().complete("c");
        silent.complete("b");
        await().until(() -> look.get() != null);
    }

    @Test
    void the_last_answer_stands_while_a_look_takes_long_and_no_more_once_one_fails() {
        next().complete("a");
        CompletableFuture<String> slow = next();
        SharedLook<String> look = look(Duration.ZERO, LONG, 0);
        assertThat(look.get()).isEqualTo("a");
        assertThat(look.get()).isEqualTo("a");
        slow.completeExceptionally(new IllegalStateException("away"));
        next();
        await().until(() -> look.get() == null);
    }

    @Test
    void after_a_look_that_took_long_the_database_is_left_alone() {
        CompletableFuture<String> slow = next();
        SharedLook<String> look = look(Duration.ZERO, LONG, 10_000);
        assertThat(look.get()).isNull();
        slow.complete("a");
        await().until(() -> look.get() != null);
        assertThat(look.get()).isEqualTo("a");
        assertThat(looks).hasValue(1);
    }
}
