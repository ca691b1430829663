package io.projectbeacon.runner.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The page of health says who works, what keeps calls from a region, and no job of anybody. */
class HealthPageTest {

    private FakeProvider provider;
    private Link postgres;
    private Link redis;
    private RunnerApp app;

    @BeforeEach
    void start() throws IOException {
        provider = FakeProvider.start();
        String database = TestServers.newDatabase();
        String redisUrl = TestServers.newRedisUrl();
        postgres = Link.to(Link.portOf(database));
        redis = Link.to(Link.portOf(redisUrl));
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.regions.us-east.max-in-flight=2");
        properties.add("--beacon.regions.eu-west.max-in-flight-total=7");
        app = RunnerApp.withCallers(postgres.over(database), redis.over(redisUrl), properties);
    }

    @AfterEach
    void stop() throws IOException {
        postgres.mend();
        redis.mend();
        provider.release("us-east");
        app.close();
        postgres.close();
        redis.close();
        provider.close();
    }

    private RunnerClient viewer() {
        return app.as("zeta", Role.VIEWER);
    }

    private static Document page(RunnerClient caller, String path) {
        Reply reply = caller.get(path);
        assertThat(reply.status()).isEqualTo(200);
        return Jsoup.parse(reply.response().body());
    }

    private static Element region(Document page, String region) {
        Element row = page.getElementById("region-" + region);
        assertThat(row).as(region).isNotNull();
        return row;
    }

    private static Element server(Document page, String name) {
        return page.select(".server").stream()
                .filter(server -> server.select("h3").text().equals(name))
                .findAny()
                .orElseThrow();
    }

    @Test
    void a_viewer_sees_the_runner_that_works_and_no_job_of_another_caller() {
        assertThat(page(viewer(), "/health").select("#runners")).isEmpty();
        provider.hold("us-east");
        app.as("acme", Role.SUBMITTER)
                .submit("{\"id\": \"secret-of-acme\", \"models\": [\"m\", \"n\", \"o\"], \"regions\": [\"us-east\"]}");
        await().until(() -> provider.callsTo("us-east").size() == 2);

        for (String path : List.of("/health", "/ui/health")) {
            Document page = page(viewer(), path);
            assertThat(page.select("#runners tbody tr")).hasSize(1);
            assertThat(page.select("#runners tbody th").text())
                    .startsWith(app.bean(RunnerName.class).value())
                    .endsWith("(this replica)");
            assertThat(page.select("#runners td").first().text()).isEqualTo("2");
            assertThat(page.select("#runners td").last().text()).isEqualTo("–");
            assertThat(region(page, "us-east").text()).contains("2 of 2", "all its places on this replica are taken");
            assertThat(region(page, "eu-west").text()).contains("takes calls", "0 of 1,000", "7");
            assertThat(page.text()).contains("1 of 1000 places are taken");
            assertThat(page.html()).doesNotContain("secret-of-acme", "acme");
        }
        assertThat(page(viewer(), "/ui/health").select("header, nav, footer")).isEmpty();
    }

    @Test
    void a_region_that_refuses_calls_says_why_and_for_how_long() {
        provider.failWith("us-east", 429, "60");
        app.as("acme", Role.SUBMITTER).submit("{\"id\": \"a-1\", \"models\": [\"m\"], \"regions\": [\"us-east\"]}");

        await().untilAsserted(() -> {
            Element row = region(page(viewer(), "/health"), "us-east");
            assertThat(row.text()).contains("no call is sent for", "rate_limit: too many calls");
            assertThat(row.select(".is-not-up")).isNotEmpty();
        });
        // The job has given its place back, and waits for the region.
        await().untilAsserted(() -> assertThat(region(page(viewer(), "/health"), "us-east")
                        .select("td")
                        .last()
                        .text())
                .isEqualTo("1"));
        assertThat(region(page(viewer(), "/health"), "eu-west").text()).contains("takes calls");
    }

    @Test
    void what_cannot_be_asked_is_not_known_and_the_page_is_there() {
        postgres.cut();
        redis.cut();

        await().untilAsserted(() -> {
            // A key of the configuration needs no database.
            Document page = page(viewer(), "/health");
            assertThat(server(page, "PostgreSQL").text()).contains("⚠ down", "neither accepted nor started");
            assertThat(server(page, "Redis").text()).contains("⚠ degraded", "start when it sets locks again");
            assertThat(page.text()).contains("Not known: the database does not answer.");
            assertThat(region(page, "us-east").select("td").last().text()).isEqualTo("–");
            assertThat(region(page, "eu-west").text()).contains("cannot be counted while Redis is away");
        });
    }

    @Test
    void details_are_told_to_operators_only_as_by_the_actuator() {
        Document operators = page(app.as("ops", Role.OPERATOR), "/health");
        assertThat(server(operators, "PostgreSQL").select("dl").text()).isEqualTo("server takes writes");
        assertThat(page(viewer(), "/health").select(".server dl")).isEmpty();
        assertThat(operators.select("#curl-text").text()).endsWith("/actuator/health'");
        assertThat(page(viewer(), "/health").select("#curl-text").text()).endsWith("/actuator/health/readiness'");
        assertThat(app.as("zeta", Role.METRICS).get("/health").status()).isEqualTo(403);
    }
}
