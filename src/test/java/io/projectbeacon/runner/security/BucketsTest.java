package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BucketsTest {

    private final StoppedTime time = new StoppedTime();
    private final Buckets buckets = new Buckets(time);

    private boolean passes(String name, RequestKind kind) {
        return buckets.of(name, kind, 1).tryConsume(1);
    }

    @Test
    void kinds_and_owners_have_a_bucket_each_and_it_fills_with_time() {
        assertThat(passes("a", RequestKind.READS)).isTrue();
        assertThat(passes("a", RequestKind.READS)).isFalse();
        assertThat(passes("a", RequestKind.CHANGES)).isTrue();
        assertThat(passes("b", RequestKind.READS)).isTrue();
        time.forward(Duration.ofSeconds(59));
        assertThat(passes("a", RequestKind.READS)).isFalse();
        time.forward(Duration.ofSeconds(1));
        assertThat(passes("a", RequestKind.READS)).isTrue();
        assertThat(passes("a", RequestKind.READS)).isFalse();
    }

    @Test
    void however_many_owners_there_are_the_last_are_kept_and_no_more() {
        passes("first", RequestKind.READS);
        for (int other = 1; other < Buckets.MOST; other++) {
            passes("other-" + other, RequestKind.READS);
        }
        // It is used, and so is kept longer than those that came after it.
        assertThat(passes("first", RequestKind.READS)).isFalse();
        passes("one-more", RequestKind.READS);
        assertThat(passes("first", RequestKind.READS)).isFalse();
        assertThat(passes("other-2", RequestKind.READS)).isFalse();
        assertThat(passes("other-1", RequestKind.READS)).as("was given up").isTrue();
    }
}
