package io.projectbeacon.runner.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The provider of a storm, in a process of its own: slow, lossy and failing as the seed says; no two answers are the
 * same. It reads its sockets itself, so that it can tell whether the client has closed its connection. A call without
 * an idempotency key warms it up and is not in the ledger.
 */
final class ChaosProvider {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int BACKLOG = 4096;

    private record Request(Map<String, String> headers, byte[] body) {}

    private final ProviderLedger ledger;
    private final long seed;
    private final Map<String, AtomicInteger> seen = new ConcurrentHashMap<>();

    private ChaosProvider(ProviderLedger ledger, long seed) {
        this.ledger = ledger;
        this.seed = seed;
    }

    /** Prints its port as the first line. Arguments: the ledger's file, the seed. */
    public static void main(String[] args) throws IOException {
        ChaosProvider provider = new ChaosProvider(new ProviderLedger(Path.of(args[0])), Long.parseLong(args[1]));
        try (ServerSocket server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress())) {
            System.out.println(server.getLocalPort());
            while (true) {
                Socket client = server.accept();
                Thread.ofVirtual().start(() -> provider.serve(client));
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            BufferedInputStream in = new BufferedInputStream(client.getInputStream());
            Request request = read(in);
            while (request != null && answer(request, client, in)) {
                request = read(in);
            }
        } catch (IOException | InterruptedException gone) {
            // The client has closed its connection; the ledger has every call that began on it.
        }
    }

    /** Returns whether the connection can be used again. */
    private boolean answer(Request request, Socket client, BufferedInputStream in)
            throws IOException, InterruptedException {
        JsonNode asked = JSON.readTree(request.body());
        String key = request.headers().getOrDefault("idempotency-key", "");
        String process = request.headers().getOrDefault("authorization", "").replace("Bearer ", "");
        String model = asked.path("model").asString();
        String prompt = asked.at("/messages/0/content").asString();
        if (key.isEmpty()) {
            write(client.getOutputStream(), 200, completion(model, prompt), "");
            return true;
        }
        long n = ledger.begin(process, key, model, prompt);
        int before = seen.computeIfAbsent(key, first -> new AtomicInteger()).getAndIncrement();
        Manner manner = Manner.of(seed, key, before);
        Thread.sleep(manner.latencyMs());
        String answer = "call %d: %s says to '%s'".formatted(n, model, prompt);
        ledger.end(n, manner.kind(), isGone(client, in), answer);
        OutputStream out = client.getOutputStream();
        switch (manner.kind()) {
            case ANSWER -> write(out, 200, completion(model, answer), "");
            case BUSY -> write(out, 503, error("busy"), "");
            case THROTTLED -> write(out, 429, error("too many calls"), "Retry-After: 1\r\n");
            case REFUSED -> write(out, 400, error("refused"), "");
            case LOST, DROPPED -> {
                return false;
            }
            case TRUNCATED -> {
                out.write(head(200, 1000, "").getBytes(UTF_8));
                out.write("{\"choices\": [".getBytes(UTF_8));
                return false;
            }
        }
        return true;
    }

    /** Whether the client has closed its side: a read finds the end of the stream where a further request could be. */
    private static boolean isGone(Socket client, BufferedInputStream in) throws IOException {
        client.setSoTimeout(1);
        try {
            in.mark(1);
            int next = in.read();
            in.reset();
            return next < 0;
        } catch (SocketTimeoutException stillThere) {
            return false;
        } catch (IOException reset) {
            return true;
        } finally {
            client.setSoTimeout(0);
        }
    }

    private static @Nullable Request read(BufferedInputStream in) throws IOException {
        if (line(in) == null) {
            return null;
        }
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        byte[] body = in.readNBytes(length);
        return body.length < length ? null : new Request(headers, body);
    }

    private static @Nullable String line(BufferedInputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                return null;
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    private static void write(OutputStream out, int status, ObjectNode body, String header) throws IOException {
        byte[] bytes = body.toString().getBytes(UTF_8);
        byte[] head = head(status, bytes.length, header).getBytes(UTF_8);
        byte[] whole = new byte[head.length + bytes.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(bytes, 0, whole, head.length, bytes.length);
        out.write(whole);
        out.flush();
    }

    private static String head(int status, int length, String header) {
        return "HTTP/1.1 %d Fake\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
                .formatted(status, header, length);
    }

    private static ObjectNode completion(String model, String text) {
        ObjectNode body =
                JSON.createObjectNode().put("object", "chat.completion").put("model", model);
        ObjectNode choice = body.putArray("choices").addObject().put("index", 0);
        choice.putObject("message").put("role", "assistant").put("content", text);
        return body;
    }

    private static ObjectNode error(String message) {
        ObjectNode body = JSON.createObjectNode();
        body.putObject("error").put("message", message);
        return body;
    }
}
