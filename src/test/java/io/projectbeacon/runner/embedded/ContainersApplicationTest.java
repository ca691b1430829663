package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.redis.testcontainers.RedisContainer;
import io.projectbeacon.runner.BeaconRunner;
import io.projectbeacon.runner.support.Containers;
import io.projectbeacon.runner.support.NeedsDocker;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.resttestclient.autoconfigure.AutoConfigureRestTestClient;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.RestTestClient;
import org.testcontainers.postgresql.PostgreSQLContainer;
import tools.jackson.databind.JsonNode;

/** The whole service on the servers that a user's own test would give it: two containers, named by no property. */
@NeedsDocker({Containers.POSTGRES, Containers.REDIS})
@SpringBootTest(
        classes = {BeaconRunner.class, ContainersApplicationTest.Servers.class},
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "beacon.embedded.directory=target/embedded-beside-containers",
            "beacon.inference.simulated.latency=0ms",
            "beacon.worker.poll-interval=200ms"
        })
@AutoConfigureRestTestClient
class ContainersApplicationTest {

    @TestConfiguration(proxyBeanMethods = false)
    static class Servers {

        @Bean
        @ServiceConnection
        PostgreSQLContainer postgres() {
            return Containers.postgres();
        }

        @Bean
        @ServiceConnection
        RedisContainer redis() {
            return Containers.redis();
        }
    }

    @Autowired
    private RestTestClient client;

    @Test
    void a_job_with_a_repeated_model_is_completed_and_counts_one_detected_on_a_scrape() {
        JsonNode accepted = client.post()
                .uri("/api/v1/jobs")
                .contentType(MediaType.APPLICATION_JSON)
                .body("{\"models\": [\"llama3.2-1b\", \"llama3.2-1b\"], \"regions\": [\"us-east\"]}")
                .exchange()
                .expectStatus()
                .isAccepted()
                .expectBody(JsonNode.class)
                .returnResult()
                .getResponseBody();
        String id = accepted.path("id").asString();

        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> client.get()
                        .uri("/api/v1/jobs/" + id)
                        .exchange()
                        .expectBody()
                        .jsonPath("$.status")
                        .isEqualTo("completed")
                        .jsonPath("$.cells.completed")
                        .isEqualTo(1));

        assertThat(scrape())
                .contains(
                        "\nbeacon_execution_duplicates_detected_total{job_id=\"%s\",model_id=\"llama3.2-1b\",region=\"us-east\"} 1.0\n"
                                .formatted(id),
                        "\nbeacon_execution_duplicates_allowed_total{job_id=\"_other\",model_id=\"_other\",region=\"_other\"} 0.0\n");
    }

    @Test
    void nothing_embedded_is_started_beside_the_containers(
            @Autowired ApplicationContext context,
            @Autowired JdbcConnectionDetails database,
            @Autowired PostgreSQLContainer postgres,
            @Autowired RedisConnectionFactory locks) {
        assertThat(database.getJdbcUrl())
                .startsWith("jdbc:postgresql://" + postgres.getHost() + ":" + postgres.getFirstMappedPort());
        assertThat(locks.getConnection().ping()).isEqualTo("PONG");
        assertThat(context.getBeanNamesForType(PostgresServer.class)).isEmpty();
        assertThat(context.getBeanNamesForType(RedisServer.class)).isEmpty();
        assertThat(context.getBeanNamesForType(EmbeddedOwnership.class)).isEmpty();
    }

    private String scrape() {
        return client.get()
                .uri("/actuator/prometheus")
                .exchange()
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
    }
}
