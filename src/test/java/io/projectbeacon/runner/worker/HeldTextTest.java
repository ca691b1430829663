package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.job.JobQueue.Sizes;
import io.projectbeacon.runner.job.JobQueue.Waiting;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a runner holds of the texts of jobs is bounded, and neither large nor small jobs wait for each other. */
class HeldTextTest {

    private static final int LARGE = 1_000_000;

    private final HeldText text = new HeldText(4_000_000);

    private static Waiting job(int bytes) {
        return new Waiting(1, 0, "default", 0, 0, 1, List.of("us-east"), 1, 1, bytes);
    }

    private void hold(int bytes) {
        assertThat(text.room().takes(job(bytes))).isTrue();
        text.hold(bytes);
    }

    @Test
    void a_job_that_would_go_past_the_share_waits_and_so_do_those_of_its_kind_behind_it() {
        hold(LARGE);
        hold(LARGE);
        HeldText.Room room = text.room();
        assertThat(room.takes(job(LARGE + 1))).isFalse();
        assertThat(room.takes(job(LARGE)))
                .as("it would fit, but is not to pass")
                .isFalse();
        assertThat(room.takes(job(1_000))).isTrue();
        assertThat(text.sizes()).isEqualTo(new Sizes(0, HeldText.SMALL));
        text.release(LARGE);
        assertThat(text.sizes()).isEqualTo(Sizes.ALL);
        hold(LARGE + 1);
    }

    @Test
    void small_jobs_have_a_part_of_their_own() {
        for (int n = 0; n < 16; n++) {
            hold(60_000);
        }
        assertThat(text.room().takes(job(60_000))).isFalse();
        assertThat(text.sizes()).isEqualTo(new Sizes(HeldText.SMALL + 1, Integer.MAX_VALUE));
        hold(LARGE);
        text.release(60_000);
        hold(60_000);
    }

    @Test
    void one_job_alone_is_held_whatever_its_size() {
        hold(50_000_000);
        assertThat(text.room().takes(job(LARGE))).isFalse();
        text.release(50_000_000);
        hold(50_000_000);
    }

    @Test
    void what_was_full_of_jobs_that_did_not_start_after_all_is_looked_at_again() {
        HeldText.Room room = text.room();
        assertThat(room.takes(job(50_000_000))).isTrue();
        assertThat(room.takes(job(LARGE))).isFalse();
        text.recount();
        assertThat(text.sizes()).isEqualTo(Sizes.ALL);
        hold(LARGE);
    }

    @Test
    void when_both_parts_are_full_there_is_no_memory_for_any_job() {
        hold(50_000_000);
        for (int n = 0; n < 16; n++) {
            hold(60_000);
        }
        HeldText.Room room = text.room();
        assertThat(room.takes(job(LARGE))).isFalse();
        assertThat(text.isFull()).isFalse();
        assertThat(room.takes(job(60_000))).isFalse();
        assertThat(text.isFull()).isTrue();
    }
}
