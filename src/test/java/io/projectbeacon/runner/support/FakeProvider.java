package io.projectbeacon.runner.support;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model provider for tests: a real HTTP server that speaks both protocols, one base URL a region, answers with the
 * model it was asked for and keeps a ledger of every call. It never refuses a repeated call, so a call that is paid for
 * twice shows up in the ledger twice.
 *
 * <p>Controls act on calls that arrive after them; {@link #release} and {@link #letThrough} act on waiting calls too.
 */
public final class FakeProvider implements AutoCloseable {

    static {
        tuneServers();
    }

    /** To be called before the first server of this kind is made. */
    static void tuneServers() {
        // Without these, answers wait for delayed acknowledgements (40 ms), and idle connections are closed by the
        // server (after 30 s, or past 200 of them) while a client may be writing to them.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxIdleConnections", "20000");
        System.setProperty("sun.net.httpserver.idleInterval", "300");
    }

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int BACKLOG = 4096;

    /**
     * One call, as the provider saw it.
     *
     * @param n the call's number, from 1, in order of arrival
     * @param end null while the call is running
     * @param status the status answered with; 0 while running, or when the connection was closed instead
     * @param success whether the model ran: the call is paid for, even when its answer was lost
     */
    public record Call(
            long n,
            String region,
            String model,
            String prompt,
            @Nullable String idempotencyKey,
            @Nullable String authorization,
            JsonNode body,
            Instant start,
            @Nullable Instant end,
            int status,
            boolean success) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, FakeRegion> regions = new ConcurrentHashMap<>();
    private final Duration latency;
    private final CallLedger ledger;

    private FakeProvider(int port, Duration latency, CallLedger ledger) throws IOException {
        this.latency = latency;
        this.ledger = ledger;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public static FakeProvider start() throws IOException {
        return new FakeProvider(0, Duration.ZERO, new CallLedger(null));
    }

    /**
     * Runs as a process of its own: prints its port as the first line, and appends each start and end to the ledger
     * file as one JSON line.
     *
     * @param args the ledger's file; then, if wanted, each call's latency in milliseconds and the port
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Duration latency = args.length > 1 ? Duration.ofMillis(Long.parseLong(args[1])) : Duration.ZERO;
        int port = args.length > 2 ? Integer.parseInt(args[2]) : 0;
        FakeProvider provider = new FakeProvider(port, latency, new CallLedger(Path.of(args[0])));
        System.out.println(provider.port());
        Thread.currentThread().join();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** The region's base URL for {@code openai}; ends in {@code /v1}. */
    public String baseUrl(String region) {
        return routerUrl(region) + "/v1";
    }

    /** The region's base URL for {@code hybrid-router}. */
    public String routerUrl(String region) {
        return "http://127.0.0.1:" + port() + "/" + region;
    }

    /** Every call so far, in order of arrival. */
    public List<Call> calls() {
        return ledger.calls();
    }

    public List<Call> callsTo(String region) {
        return ledger.calls().stream()
                .filter(call -> call.region().equals(region))
                .toList();
    }

    /** The region answers with this status and an error that names it, without running the model. */
    public void failWith(String region, int status) {
        answerWith(region, status, errorBody(status));
    }

    /** As {@link #failWith(String, int)}, with this {@code Retry-After} header. */
    public void failWith(String region, int status, String retryAfter) {
        region(region).reply(new FakeRegion.Reply.Canned(status, errorBody(status), Map.of("Retry-After", retryAfter)));
    }

    /** The region answers with this status and body, whatever it was asked. A 2xx counts as a success. */
    public void answerWith(String region, int status, String body) {
        region(region).reply(new FakeRegion.Reply.Canned(status, body, Map.of()));
    }

    /** The region answers with this status and header, without a body or running the model. */
    public void answerWithHeader(String region, int status, String header, String value) {
        region(region).reply(new FakeRegion.Reply.Canned(status, "", Map.of(header, value)));
    }

    /** The region runs the model and closes the connection instead of answering. */
    public void closeAfterReading(String region) {
        region(region).reply(new FakeRegion.Reply.Close());
    }

    /** The region runs the model, sends this status and the first bytes of a body, then closes the connection. */
    public void truncate(String region, int status) {
        region(region).reply(new FakeRegion.Reply.Truncate(status));
    }

    /** The region answers in good order again, without latency. Calls that wait for {@link #release} go on waiting. */
    public void recover(String region) {
        region(region).reply(new FakeRegion.Reply.Model());
        region(region).latency(Duration.ZERO);
    }

    /** Calls to the region take this long from now on. */
    public void latency(String region, Duration latency) {
        region(region).latency(latency);
    }

    /** Calls to the region arrive in the ledger and wait. */
    public void hold(String region) {
        region(region).hold();
    }

    /** The waiting calls go on, and later ones don't wait. */
    public void release(String region) {
        region(region).release();
    }

    /** The waiting calls go on, and later ones wait instead. */
    public void letThrough(String region) {
        region(region).letThrough();
    }

    @Override
    public void close() {
        regions.values().forEach(FakeRegion::release);
        server.stop(0);
        threads.shutdownNow();
    }

    private FakeRegion region(String name) {
        return regions.computeIfAbsent(name, unknown -> new FakeRegion(latency));
    }

    private void handle(HttpExchange exchange) throws IOException {
        String[] path = exchange.getRequestURI().getPath().split("/", 3);
        FakeProtocol protocol = path.length < 3 ? null : FakeProtocol.of(path[2]);
        byte[] request = exchange.getRequestBody().readAllBytes();
        if (protocol == null || !"POST".equals(exchange.getRequestMethod())) {
            FakeRegion.write(exchange, 404, errorBody(404), Map.of());
            return;
        }
        JsonNode body = JSON.readTree(new String(request, StandardCharsets.UTF_8));
        long n = ledger.begin(new Call(
                0,
                path[1],
                body.path("model").asString(""),
                protocol.prompt(body),
                exchange.getRequestHeaders().getFirst("Idempotency-Key"),
                exchange.getRequestHeaders().getFirst("Authorization"),
                body,
                Instant.now(),
                null,
                0,
                false));
        String answer =
                "Model %s in %s says: %s".formatted(body.path("model").asString(""), path[1], protocol.prompt(body));
        region(path[1])
                .answer(exchange, protocol.answer(body, answer), (status, success) -> ledger.end(n, status, success));
    }

    private static String errorBody(int status) {
        ObjectNode body = JSON.createObjectNode();
        body.putObject("error").put("message", "told to fail with " + status).put("type", "fake");
        return body.toString();
    }
}
