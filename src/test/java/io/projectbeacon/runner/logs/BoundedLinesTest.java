package io.projectbeacon.runner.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Whoever decides how often a line would be written: it is written seldom, and those left out are counted. */
class BoundedLinesTest {

    private final List<Long> told = new ArrayList<>();

    @Test
    void ten_lines_of_a_kind_are_written_and_the_others_counted() {
        FirstLines lines = new FirstLines();
        for (int line = 1; line <= 10; line++) {
            assertThat(lines.oneMore()).isTrue();
        }
        lines.rest(further -> told.add((long) further));
        assertThat(told).as("none is left out").isEmpty();
        assertThat(lines.oneMore()).isFalse();
        assertThat(lines.oneMore()).isFalse();
        lines.rest(further -> told.add((long) further));
        assertThat(told).containsExactly(2L);
    }

    @Test
    void one_line_is_written_in_the_time_between_and_says_how_many_were_left_out_before_it() {
        AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // The time may wrap around.
        SparingLog log = new SparingLog(Duration.ofNanos(10), now::get);
        assertThat(log.line(told::add)).isTrue();
        now.addAndGet(9);
        assertThat(log.line(told::add)).isFalse();
        assertThat(log.line(told::add)).isFalse();
        now.addAndGet(1);
        assertThat(log.line(told::add)).isTrue();
        assertThat(log.line(true, told::add)).as("one that must be written").isTrue();
        assertThat(told).containsExactly(0L, 2L, 0L);
    }
}
