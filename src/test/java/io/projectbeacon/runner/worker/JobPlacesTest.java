package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JobPlacesTest {

    private final JobPlaces places = new JobPlaces(10, 1_000);

    @Test
    void a_caller_alone_may_have_all_places_and_no_more() {
        for (int job = 0; job < 10; job++) {
            assertThat(places.isFreeFor("one")).isTrue();
            places.add("one", 1, 10);
        }
        assertThat(places.isFreeFor("one")).isFalse();
        assertThat(places.free()).isZero();
        assertThat(places.sated()).containsExactly("one");
        places.add("one", -1, -10);
        assertThat(places.isFreeFor("one")).isTrue();
    }

    @Test
    void a_caller_that_comes_when_all_places_are_taken_may_have_its_equal_part_beside_them() {
        places.add("heavy", 10, 100);
        for (int job = 0; job < 5; job++) {
            assertThat(places.isFreeFor("light")).isTrue();
            places.add("light", 1, 10);
        }
        assertThat(places.isFreeFor("light")).isFalse();
        assertThat(places.isFreeFor("heavy")).isFalse();
        assertThat(places.isFreeFor("third")).isTrue();
    }

    @Test
    void a_caller_that_comes_when_one_heavy_job_takes_all_room_may_start_jobs() {
        places.add("heavy", 1, 5_000);
        assertThat(places.free()).isZero();
        assertThat(places.isFreeFor("light")).isTrue();
        places.add("light", 1, 499);
        assertThat(places.isFreeFor("light")).isTrue();
        places.add("light", 1, 1);
        assertThat(places.isFreeFor("light")).isFalse();
    }

    @Test
    void a_caller_that_has_nothing_here_is_never_kept_waiting_by_others() {
        for (int caller = 0; caller < 30; caller++) {
            assertThat(places.isFreeFor("caller-" + caller)).isTrue();
            places.add("caller-" + caller, 1, 1_000);
        }
    }
}
