package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The health endpoints, which a load balancer, a container manager and an operator ask. */
class HealthTest {

    private final String database = TestServers.newDatabase();
    private final String redisUrl = TestServers.newRedisUrl();
    private FakeProvider provider;
    private Link postgres;
    private Link redis;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        postgres = Link.to(Link.portOf(database));
        redis = Link.to(Link.portOf(redisUrl));
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.regions.eu-west.api-key=sk-not-to-be-shown");
        properties.add("--beacon.regions.eu-west.headers.X-Team=not-to-be-shown");
        properties.add("--beacon.regions.us-west.base-url=http://localhost:1/v1?code=not-to-be-shown");
        properties.add("--beacon.inference.breaker.window=2");
        properties.add("--beacon.inference.max-attempts=1");
        properties.add("--beacon.regions.us-east.max-in-flight=1");
        properties.add("--spring.datasource.hikari.connection-timeout=500");
        app = RunnerApp.start(postgres.over(database), redis.over(redisUrl), properties);
    }

    @AfterEach
    void stop() throws Exception {
        postgres.mend();
        redis.mend();
        provider.close();
        app.close();
        postgres.close();
        redis.close();
    }

    private Reply health(String group) {
        return app.get("/actuator/health" + group);
    }

    private String status(String component) {
        return health("").json().at("/components/" + component + "/status").asString();
    }

    @Test
    void all_is_up_with_every_server_there() {
        await().until(() -> status("redis").equals("UP"));
        assertThat(health("").status()).isEqualTo(200);
        assertThat(health("").json().path("status").asString()).isEqualTo("UP");
        assertThat(health("/readiness").status()).isEqualTo(200);
        assertThat(health("/liveness").status()).isEqualTo(200);
        assertThat(health("").json().at("/components/regions/details/us-east").asString())
                .isEqualTo("called");
    }

    @Test
    void without_postgresql_it_is_alive_and_not_ready() {
        postgres.cut();
        await().until(() -> health("/readiness").status() == 503);
        assertThat(health("/liveness").status()).isEqualTo(200);
        assertThat(app.metric("beacon_database_up")).isZero();
        postgres.mend();
        await().until(() -> health("/readiness").status() == 200);
        await().until(() -> app.metric("beacon_database_up") == 1);
    }

    @Test
    void a_database_that_is_silent_does_not_hold_up_the_scrape() {
        postgres.freeze();
        long asked = System.nanoTime();
        assertThat(app.metric("beacon_database_up")).isZero();
        // Prometheus gives a scrape up after 10 s, and would count the runner as down.
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(8));
        assertThat(app.metric("beacon_jobs_queued_cells")).isNaN();
        postgres.mend();
        await().until(() -> app.metric("beacon_database_up") == 1);
    }

    @Test
    void without_redis_it_is_alive_and_ready_and_says_so() {
        redis.cut();
        await().until(() -> status("redis").equals("DEGRADED"));
        assertThat(health("").status()).isEqualTo(200);
        assertThat(health("").json().path("status").asString()).isEqualTo("DEGRADED");
        assertThat(health("/readiness").status()).isEqualTo(200);
        assertThat(health("/liveness").status()).isEqualTo(200);
        assertThat(app.metric("beacon_redis_up")).isZero();
        redis.mend();
        await().until(() -> status("redis").equals("UP"));
    }

    @Test
    void a_region_whose_breaker_is_open_is_named_and_takes_nothing_down() {
        provider.failWith("us-east", 503);
        app.submit("{\"id\": \"j\", \"models\": [\"a\", \"b\", \"c\"], \"regions\": [\"us-east\", \"eu-west\"]}");
        app.ended("j");
        JsonNode health = health("").json();
        assertThat(health.at("/components/regions/details/us-east").asString()).isEqualTo("breaker open");
        assertThat(health.at("/components/regions/details/eu-west").asString()).isEqualTo("called");
        assertThat(health("").status()).isEqualTo(200);
        assertThat(health("/readiness").status()).isEqualTo(200);
        assertThat(app.metric("beacon_attempts_failed_total", "region=\"us-east\"", "code=\"http_503\""))
                .isEqualTo(2);
        assertThat(app.metric("beacon_attempts_failed_total", "region=\"us-east\"", "code=\"region_unavailable\""))
                .isEqualTo(1);
    }

    @Test
    void info_says_the_version_and_the_settings_in_effect_and_no_secret() {
        Reply info = app.get("/actuator/info");
        assertThat(info.json().at("/build/version").asString()).startsWith("0.");
        assertThat(info.json().at("/build/time").isMissingNode()).isFalse();
        JsonNode settings = info.json().path("settings");
        assertThat(Duration.parse(settings.path("beacon.lock.ttl").asString())).isEqualTo(Duration.ofSeconds(30));
        assertThat(settings.path("beacon.limits.body").asString()).isEqualTo("1048576B");
        assertThat(settings.path("beacon.inference.max-attempts").asInt()).isEqualTo(1);
        assertThat(settings.path("beacon.regions.eu-west.base-url").asString()).isEqualTo(provider.baseUrl("eu-west"));
        assertThat(settings.path("beacon.regions.eu-west.api-key").asString()).isEqualTo("****");
        assertThat(settings.path("beacon.regions.eu-west.headers.X-Team").asString())
                .isEqualTo("****");
        assertThat(settings.path("beacon.regions.us-west.base-url").asString()).isEqualTo("http://localhost:1/v1?****");
        assertThat(info.response().body()).doesNotContain("not-to-be-shown");
    }

    @Test
    void a_password_in_the_url_of_a_server_is_not_shown() {
        assertThat(database).contains("password=");
        JsonNode settings = app.get("/actuator/info").json().path("settings");
        assertThat(settings.path("spring.datasource.url").asString())
                .startsWith("jdbc:postgresql://")
                .endsWith("password=****");
    }
}
