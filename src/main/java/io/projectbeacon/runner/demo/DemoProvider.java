package io.projectbeacon.runner.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A small provider of models that writes a list of its calls. It answers each call, as often as it is called, and knows
 * nothing of idempotency keys: a cell that is called twice is in the list twice.
 */
final class DemoProvider implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration MODEL_THINKS = Duration.ofSeconds(1);

    /**
     * A call.
     *
     * @param runner whose key it came with
     * @param answered whether the model has answered; that the answer was taken is not known here
     */
    record Call(int number, String runner, String region, String model, boolean answered) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Call> calls = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    DemoProvider() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    String baseUrl(String region) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + region + "/v1";
    }

    /** The calls so far, in order of arrival. */
    List<Call> calls() {
        lock.lock();
        try {
            return List.copyOf(calls);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the list is as wanted, and returns it. */
    List<Call> await(Predicate<List<Call>> wanted, Duration atMost) throws InterruptedException, TimeoutException {
        lock.lock();
        try {
            long left = atMost.toNanos();
            while (!wanted.test(calls)) {
                if (left <= 0) {
                    throw new TimeoutException("the runners did not call as they should");
                }
                left = changed.awaitNanos(left);
            }
            return List.copyOf(calls);
        } finally {
            lock.unlock();
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
            String model = body.path("model").asString("");
            int number = begin(
                    String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"))
                            .replace("Bearer ", ""),
                    exchange.getRequestURI().getPath().split("/")[1],
                    model);
            TimeUnit.NANOSECONDS.sleep(MODEL_THINKS.toNanos());
            end(number);
            byte[] answer = JSON.writeValueAsBytes(JSON.readTree("""
                    {"object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop",
                      "message": {"role": "assistant", "content": "I am a small provider."}}],
                      "usage": {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9}}"""));
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private int begin(String runner, String region, String model) {
        lock.lock();
        try {
            calls.add(new Call(calls.size() + 1, runner, region, model, false));
            changed.signalAll();
            return calls.size();
        } finally {
            lock.unlock();
        }
    }

    private void end(int number) {
        lock.lock();
        try {
            Call call = calls.get(number - 1);
            calls.set(number - 1, new Call(number, call.runner(), call.region(), call.model(), true));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
