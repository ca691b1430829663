package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.Race;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class IdempotencyTest {

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void of_fifty_concurrent_posts_of_one_jobspec_one_is_accepted_and_the_others_are_shown_its_job() throws Exception {
        try (Race race = new Race(50);
                Console console = new Console()) {
            String spec = "{\"id\": \"fifty\", \"models\": [\"a\",\"a\",\"b\"], \"regions\": [\"us-east\"]}";
            List<Callable<Reply>> posts = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                posts.add(() -> app.submit(spec));
            }
            List<Reply> replies = race.run(posts);
            assertThat(replies).filteredOn(reply -> reply.status() == 202).hasSize(1);
            assertThat(replies)
                    .filteredOn(reply -> reply.status() == 200)
                    .hasSize(49)
                    .allMatch(reply -> reply.header("Idempotent-Replayed").equals("true"));
            assertThat(replies)
                    .allMatch(reply -> reply.json().path("id").asString().equals("fifty"));
            assertThat(console.lines("🛑 DEDUP")).hasSize(1);
        }
        app.ended("fifty");
        assertThat(app.jdbc()
                        .sql("SELECT count(*) FROM jobs WHERE jobspec_id = 'fifty'")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
        assertThat(app.metric("beacon_execution_duplicates_detected_total", "job_id=\"fifty\""))
                .isEqualTo(1);
        assertThat(app.get("/api/v1/jobs/fifty")
                        .json()
                        .at("/duplicates/detected")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void the_same_job_in_another_spelling_is_the_same_job() {
        assertThat(app.submit("{\"id\": \"same\", \"models\": [\"a\", \"b\"], \"regions\": [\"us-east\"],"
                                + " \"constraints\": {\"timeout\": \"10m\"}}")
                        .status())
                .isEqualTo(202);
        assertThat(app.submit("{\"constraints\": {\"timeout\": 600000000000}, \"regions\": [\"US\", \"us-east\"],"
                                + " \"metadata\": {\"models\": [{\"id\": \" a \"}, \"b\", \"a\"]}, \"id\": \"same\"}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void the_same_id_with_another_content_is_a_conflict_that_names_the_difference() {
        app.submit("{\"id\": \"taken\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"note\": 1}");
        Reply conflict =
                app.submit("{\"id\": \"taken\", \"models\": [\"b\"], \"regions\": [\"us-east\"], \"note\": 2}");
        assertThat(conflict.status()).isEqualTo(409);
        assertThat(conflict.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(conflict.json().path("detail").asString()).contains("models").contains("note");
        assertThat(app.get("/api/v1/jobs/taken").json().at("/models/0").asString())
                .isEqualTo("a");
    }

    @Test
    void an_idempotency_key_names_a_job_that_has_no_id() {
        String spec = "{\"models\": [\"a\"], \"regions\": [\"us-east\"]}";
        Reply first = app.submit(spec, "Idempotency-Key", "k-1");
        Reply again = app.submit(spec, "Idempotency-Key", "k-1");
        assertThat(first.status()).isEqualTo(202);
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.json().path("id")).isEqualTo(first.json().path("id"));
        Reply other = app.submit("{\"models\": [\"b\"], \"regions\": [\"us-east\"]}", "Idempotency-Key", "k-1");
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.json().path("detail").asString()).contains("models");
        assertThat(app.submit(spec).status()).isEqualTo(202);
    }

    @Test
    void of_ten_concurrent_posts_with_one_key_one_makes_the_job() throws Exception {
        try (Race race = new Race(10)) {
            List<Callable<Reply>> posts = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                posts.add(() ->
                        app.submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}", "Idempotency-Key", "k-race"));
            }
            List<Reply> replies = race.run(posts);
            assertThat(replies).filteredOn(reply -> reply.status() == 202).hasSize(1);
            assertThat(replies.stream()
                            .map(reply -> reply.json().path("id").asString())
                            .distinct())
                    .hasSize(1);
        }
    }
}
