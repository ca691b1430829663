package io.projectbeacon.runner.support;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** How one region of a {@link FakeProvider} behaves at the moment. */
final class FakeRegion {

    private static final CountDownLatch OPEN = new CountDownLatch(0);
    private static final int TRUNCATED_LENGTH = 1000;

    sealed interface Reply {
        record Model() implements Reply {}

        record Canned(int status, String body, Map<String, String> headers) implements Reply {}

        record Close() implements Reply {}

        record Truncate(int status) implements Reply {}
    }

    /** Is told how a call ended before the answer is sent: a client that has the answer finds the end in the ledger. */
    interface End {
        void at(int status, boolean success);
    }

    private volatile Reply reply = new Reply.Model();
    private volatile Duration latency;
    private volatile CountDownLatch gate = OPEN;

    FakeRegion(Duration latency) {
        this.latency = latency;
    }

    void reply(Reply reply) {
        this.reply = reply;
    }

    void latency(Duration latency) {
        this.latency = latency;
    }

    synchronized void hold() {
        if (gate.getCount() == 0) {
            gate = new CountDownLatch(1);
        }
    }

    synchronized void release() {
        gate.countDown();
    }

    synchronized void letThrough() {
        CountDownLatch waiting = gate;
        gate = new CountDownLatch(1);
        waiting.countDown();
    }

    void answer(HttpExchange exchange, String modelAnswer, End end) throws IOException {
        Reply now = reply;
        try {
            gate.await();
            if (latency.isPositive()) {
                Thread.sleep(latency);
            }
        } catch (InterruptedException e) {
            end.at(0, false);
            exchange.close();
            return;
        }
        switch (now) {
            case Reply.Model ignored -> {
                end.at(200, true);
                write(exchange, 200, modelAnswer, Map.of());
            }
            case Reply.Canned canned -> {
                end.at(canned.status(), canned.status() / 100 == 2);
                write(exchange, canned.status(), canned.body(), canned.headers());
            }
            case Reply.Close ignored -> {
                end.at(0, true);
                exchange.close();
            }
            case Reply.Truncate truncate -> {
                end.at(truncate.status(), truncate.status() / 100 == 2);
                exchange.sendResponseHeaders(truncate.status(), TRUNCATED_LENGTH);
                exchange.getResponseBody().write("{\"choices\": [".getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
                exchange.close();
            }
        }
    }

    static void write(HttpExchange exchange, int status, String body, Map<String, String> headers) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        headers.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }
}
