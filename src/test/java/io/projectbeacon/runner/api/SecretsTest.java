package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.projectbeacon.runner.BeaconRunner;
import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.ScriptedServer;
import io.projectbeacon.runner.support.TestServers;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Secrets of the configuration that are found again wherever the service writes or answers. */
@ExtendWith(OutputCaptureExtension.class)
class SecretsTest {

    private static final String CANARY = "canary-7f3a9c";

    /** A provider that says in its refusal all that it was sent. */
    private static ScriptedServer echo() throws Exception {
        return new ScriptedServer((request, connection) -> {
            String said = request.head().replaceAll("[\\r\\n\"\\\\]+", " ");
            String body =
                    "{\"error\":{\"message\":\"" + said + "\",\"code\":\"" + request.header("Authorization") + "\"}}";
            ScriptedServer.write(
                    connection,
                    "HTTP/1.1 400 Bad Request\r\nX-Request-Id: " + request.header("X-Gateway") + "\r\nContent-Length: "
                            + body.length() + "\r\n\r\n" + body);
        });
    }

    @Test
    void no_secret_is_in_the_log_or_in_any_answer(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("key"), CANARY + "-file");
        try (ScriptedServer provider = echo();
                RunnerProcess runner = RunnerProcess.start(List.of(
                        "--spring.datasource.url=" + TestServers.newDatabase(),
                        "--spring.data.redis.url=" + TestServers.newRedisUrl(),
                        "--logging.level.io.projectbeacon=debug",
                        "--management.endpoints.web.exposure.include=*",
                        "--beacon.inference.provider=openai",
                        "--beacon.inference.max-attempts=1",
                        "--beacon.regions.us-east.base-url=" + provider.baseUrl() + "?key=" + CANARY + "-query",
                        "--beacon.regions.us-east.api-key=" + CANARY + "-key",
                        "--beacon.regions.us-east.headers.X-Gateway=" + CANARY + "-header",
                        "--beacon.regions.eu-west.base-url=" + provider.baseUrl(),
                        "--beacon.regions.eu-west.api-key-file=" + file))) {
            runner.submit("{\"id\":\"j\",\"models\":[\"a\"],\"regions\":[\"us-east\",\"eu-west\"]}");
            runner.ended("j");
            List<String> written = new ArrayList<>();
            for (String path : List.of(
                    "/actuator/info",
                    "/actuator/health",
                    "/actuator/env",
                    "/actuator/configprops",
                    "/actuator/beans",
                    "/metrics",
                    "/api/v1/jobs/j",
                    "/api/v1/jobs/j/executions",
                    "/api/v1/jobs/j/duplicates")) {
                String answer = runner.get(path).response().body();
                assertThat(answer).as(path).isNotEmpty();
                answer.lines().map(line -> path + ": " + line).forEach(written::add);
            }
            assertThat(written)
                    .filteredOn(line -> line.contains("POST /v1/"))
                    .isNotEmpty()
                    .allMatch(line -> line.contains("****"));
            written.addAll(runner.lines());
            assertThat(provider.requests()).isEqualTo(2);
            assertThat(written).filteredOn(line -> line.contains(CANARY)).isEmpty();
            assertThat(written)
                    .filteredOn(line -> line.contains(TestServers.password()))
                    .isEmpty();
            assertThat(written)
                    .filteredOn(line -> line.contains(redisPassword()))
                    .isEmpty();
        }
    }

    private static String redisPassword() {
        return URI.create(TestServers.redisUrl()).getUserInfo().replaceFirst(".*:", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "spring.datasource.url | jdbc:postgresql://127.0.0.1:1/b?user=u&password=%s",
                "spring.datasource.url | jdbc:postgresql://u:%s@127.0.0.1:1/b",
                "spring.datasource.url | jdbc:postgres://127.0.0.1:1/b?password=%s",
                "spring.datasource.url | postgresql://u:%s@127.0.0.1:1/b",
                "spring.datasource.url | jdbc:postgresql://127.0.0.1:x/b?password=%s",
                "spring.datasource.url | jdbc:postgresql://127.0.0.1:1/b?sslpassword=%s",
                "spring.datasource.password | %s",
                "spring.data.redis.url | redis://:%s@127.0.0.1:x",
                "spring.data.redis.url | http://:%s@127.0.0.1:1",
                "spring.data.redis.url | redis//u:%s@127.0.0.1:1",
                "spring.data.redis.url | redis://u:%s@127.0.0.1:1/x",
                "spring.data.redis.url | redis://u:%s @127.0.0.1",
                "beacon.regions.us-east.api-key | a %s",
                "beacon.regions.us-east.headers.X-Gateway | a\u0001%s",
                "beacon.regions.us-east.headers.Host | %s",
                "beacon.regions.us-east.base-url | http://u:%s@host/v1",
                "beacon.regions.us-east.base-url | http://host/v1#%s",
                "beacon.regions.us-east.base-url | host?key=%s",
                "beacon.regions.us-east.base-url | http://ho st/?key=%s",
                "beacon.regions.us-east.api-keys | %s",
                "beacon.security.api-keys[0] | %s",
                "server.ssl.key-store-password | %s",
            })
    void a_start_that_fails_or_lacks_a_server_does_not_say_the_secret(
            String property, String value, CapturedOutput output) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--beacon.worker.enabled=false",
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--spring.data.redis.url=" + TestServers.redisUrl(),
                "--logging.level.io.projectbeacon=debug"));
        arguments.removeIf(argument -> argument.startsWith("--" + property + "="));
        if (property.equals("spring.datasource.password")) {
            arguments.removeIf(argument -> argument.startsWith("--spring.datasource.url"));
            arguments.add("--spring.datasource.url=" + TestServers.adminUrl().replaceAll("&password=.*", ""));
        }
        if (property.startsWith("server.ssl")) {
            arguments.add("--server.ssl.key-store=/nowhere/store.p12");
        }
        arguments.add("--" + property + "=" + value.replace("\\u0001", "\u0001").formatted(CANARY));
        // Some of these start: a Redis that is not there does not stop the service.
        Throwable failure =
                catchThrowable(() -> SpringApplication.run(BeaconRunner.class, arguments.toArray(String[]::new))
                        .close());
        assertThat(failure == null || output.getAll().contains(" ERROR ")).isTrue();
        assertThat(output.getAll()).isNotEmpty();
        assertThat(output.getAll().lines())
                .filteredOn(line -> line.contains(CANARY))
                .isEmpty();
    }
}
