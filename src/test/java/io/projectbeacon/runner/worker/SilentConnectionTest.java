package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Redis answers nothing for a while, and its connections stay open. */
class SilentConnectionTest {

    private final String url = TestServers.newDatabase();
    private final String redisUrl = TestServers.newRedisUrl();
    private FakeProvider provider;
    private Link database;
    private Link redis;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        database = Link.to(Link.portOf(url));
        redis = Link.to(Link.portOf(redisUrl));
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--spring.data.redis.timeout=500ms");
        app = RunnerApp.start(database.over(url), redis.over(redisUrl), properties);
    }

    @AfterEach
    void stop() throws Exception {
        provider.close();
        app.close();
        database.close();
        redis.close();
    }

    private static String spec(String id) {
        return "{\"id\": \"%s\", \"models\": [\"a\", \"b\"], \"regions\": [\"us-east\"]}".formatted(id);
    }

    @Test
    void an_unanswered_request_for_a_lock_does_not_keep_its_job_from_being_started() {
        app.submit(spec("before"));
        app.ended("before");
        redis.freeze();
        app.submit(spec("j"));
        await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
        redis.mend();
        // The lock that the request has set would last for 30 s.
        await().atMost(Duration.ofSeconds(10))
                .until(() -> app.get("/api/v1/jobs/j").json().path("status").asString(), "completed"::equals);
        assertThat(provider.calls()).hasSize(4);
    }

    @Test
    void connections_whose_other_end_has_vanished_are_replaced_and_jobs_are_started_and_announced_again() {
        app.submit(spec("before"));
        app.ended("before");
        redis.forget();
        await().atMost(Duration.ofSeconds(10)).until(() -> app.metric("beacon_redis_up") == 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> app.metric("beacon_redis_up") == 1);
        app.submit(spec("j"));
        app.ended("j");
        assertThat(provider.calls()).hasSize(4);
    }
}
