package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.redis.testcontainers.RedisContainer;
import io.projectbeacon.runner.support.Containers;
import io.projectbeacon.runner.support.NeedsDocker;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.Tools;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.postgresql.PostgreSQLContainer;
import tools.jackson.databind.JsonNode;

/** The image that the Dockerfile makes of these sources, built and started as an operator would. */
@NeedsDocker({Containers.POSTGRES, Containers.REDIS, "maven:3.9-eclipse-temurin-25", "eclipse-temurin:25-jre"})
class ImageTest {

    private static final String IMAGE = "beacon-runner:image-test";
    private static final int PORT = 8080;
    private static final int STOP_SECONDS = 150;
    private static final long TERMINATED = 128 + 15;

    /** A build time that no other build has, so that an image with an older jar in it is noticed. */
    private static final Instant BUILT = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    private static final DockerClient docker = DockerClientFactory.instance().client();
    private static final Network network = Network.newNetwork();
    private static final PostgreSQLContainer postgres =
            Containers.postgres().withNetwork(network).withNetworkAliases("postgres");
    private static final RedisContainer redis =
            Containers.redis().withNetwork(network).withNetworkAliases("redis");

    @BeforeAll
    static void build() throws Exception {
        String output = Tools.run(
                "", "docker", "build", "-t", IMAGE, "--build-arg", "SOURCE_DATE_EPOCH=" + BUILT.getEpochSecond(), ".");
        assertThat(docker.listImagesCmd().withImageNameFilter(IMAGE).exec())
                .as(output)
                .isNotEmpty();
        postgres.start();
        redis.start();
    }

    @AfterAll
    static void remove() {
        redis.stop();
        postgres.stop();
        network.close();
        docker.removeImageCmd(IMAGE).exec();
    }

    @Test
    void the_image_runs_these_sources_as_a_user_without_rights_and_ends_in_order_when_told_to() {
        try (GenericContainer<?> service = service()) {
            service.start();
            RunnerClient client =
                    new RunnerClient("http://%s:%d".formatted(service.getHost(), service.getMappedPort(PORT)));

            JsonNode build = client.get("/actuator/info").json().path("build");
            assertThat(build.path("time").asString()).isEqualTo(BUILT.toString());
            InspectContainerResponse container = inspected(service);
            assertThat(Objects.requireNonNull(container.getConfig()).getUser()).isEqualTo("10001:10001");
            assertThat(container.getConfig().getHealthcheck()).isNotNull();

            client.submit("{\"id\": \"in-a-container\", \"models\": [\"a\", \"a\"], \"regions\": [\"us-east\"]}");
            JsonNode job = client.ended("in-a-container");
            assertThat(job.path("status").asString()).isEqualTo("completed");
            assertThat(job.at("/duplicates/detected").asInt()).isEqualTo(1);

            docker.stopContainerCmd(service.getContainerId())
                    .withTimeout(STOP_SECONDS)
                    .exec();
            assertThat(inspected(service).getState().getExitCodeLong())
                    .as(service.getLogs())
                    .isEqualTo(TERMINATED);
        }
    }

    private static GenericContainer<?> service() {
        return new GenericContainer<>(IMAGE)
                .withNetwork(network)
                .withExposedPorts(PORT)
                .withEnv(
                        "SPRING_DATASOURCE_URL",
                        "jdbc:postgresql://postgres:%d/%s"
                                .formatted(PostgreSQLContainer.POSTGRESQL_PORT, postgres.getDatabaseName()))
                .withEnv("SPRING_DATASOURCE_USERNAME", postgres.getUsername())
                .withEnv("SPRING_DATASOURCE_PASSWORD", postgres.getPassword())
                .withEnv("SPRING_DATA_REDIS_URL", "redis://redis:6379")
                .withEnv("BEACON_SECURITY_OPEN", "true")
                .withTmpFs(Map.of("/tmp", ""))
                .withCreateContainerCmdModifier(
                        create -> Objects.requireNonNull(create.getHostConfig()).withReadonlyRootfs(true))
                .waitingFor(Wait.forHttp("/actuator/health/readiness").forPort(PORT));
    }

    private static InspectContainerResponse inspected(GenericContainer<?> service) {
        return docker.inspectContainerCmd(service.getContainerId()).exec();
    }
}
