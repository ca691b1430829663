package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.tracing.Tracer;
import io.projectbeacon.runner.support.RunnerApp;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Traces that a collector receives as OTLP over HTTP: protobuf, in which texts are plain. */
class TracesTest {

    private static final String SPEC = """
            {"id": "traced-job", "models": ["traced-model"], "regions": ["us-east"]}
            """;

    private final List<String> received = new CopyOnWriteArrayList<>();
    private HttpServer collector;

    @BeforeEach
    void collect() throws Exception {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
    }

    @AfterEach
    void stop() {
        collector.stop(0);
    }

    private RunnerApp runner(boolean enabled) {
        return RunnerApp.fresh(
                "--spring.profiles.active=" + (enabled ? "tracing" : "default"),
                "--management.opentelemetry.tracing.export.otlp.endpoint=http://127.0.0.1:"
                        + collector.getAddress().getPort() + "/v1/traces",
                "--management.opentelemetry.tracing.export.schedule-delay=100ms",
                "--beacon.inference.simulated.latency=0ms");
    }

    @Test
    void a_cell_is_a_trace_of_its_claim_and_its_call_found_by_its_job() {
        try (RunnerApp app = runner(true)) {
            app.submit(SPEC);
            app.ended("traced-job");
            await().until(() -> String.join("", received).contains("traced-model"));
        }
        assertThat(String.join("", received))
                .contains("beacon-runner")
                .contains("beacon.job_id")
                .contains("traced-job")
                .contains("claim")
                .contains("call")
                .contains("Answer");
    }

    @Test
    void by_default_nothing_is_traced() {
        try (RunnerApp app = runner(false)) {
            app.submit(SPEC);
            app.ended("traced-job");
            assertThat(app.bean(Tracer.class).nextSpan().isNoop()).isTrue();
        } // Closing the runner would send pending traces.
        assertThat(received).isEmpty();
    }
}
