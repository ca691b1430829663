package io.projectbeacon.runner.support;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A provider for very many large calls: it keeps of each only how often its key came, and answers all alike. */
public final class CountingProvider implements AutoCloseable {

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private final byte[] answer;
    private final Duration latency;

    private CountingProvider(int characters, Duration latency) throws IOException {
        this.answer = "{\"choices\":[{\"message\":{\"content\":\"%s\"},\"finish_reason\":\"stop\"}]}"
                .formatted("a".repeat(characters))
                .getBytes(StandardCharsets.UTF_8);
        this.latency = latency;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8192);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** Answers with so many characters, after this time. */
    public static CountingProvider start(int characters, Duration latency) throws IOException {
        FakeProvider.tuneServers();
        return new CountingProvider(characters, latency);
    }

    /** The region's base URL for {@code openai}. */
    public String baseUrl(String region) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + region + "/v1";
    }

    /** How often each idempotency key was called. */
    public Map<String, Integer> calls() {
        return Map.copyOf(calls);
    }

    private void handle(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
        calls.merge(exchange.getRequestHeaders().getFirst("Idempotency-Key"), 1, Integer::sum);
        try {
            Thread.sleep(latency); // The time that the model takes.
        } catch (InterruptedException closed) {
            return;
        }
        exchange.sendResponseHeaders(200, answer.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(answer);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
