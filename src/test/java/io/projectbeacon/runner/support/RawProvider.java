package io.projectbeacon.runner.support;

import io.projectbeacon.runner.support.ScriptedServer.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.json.JsonMapper;

/**
 * A provider that answers with bytes, whatever they are: the first call for a model gets the first answer of its script,
 * the last answer is repeated. Each connection serves one call.
 */
public final class RawProvider implements AutoCloseable {

    private final ScriptedServer server;
    private final Map<String, List<byte[]>> scripts;
    private final Map<String, List<Request>> requests = new ConcurrentHashMap<>();

    /** @param scripts the answers for each model */
    public RawProvider(Map<String, List<byte[]>> scripts) throws IOException {
        this.scripts = scripts;
        this.server = new ScriptedServer(this::answer);
    }

    /**
     * An HTTP answer, after which the connection is closed.
     *
     * @param status the number and a phrase
     * @param headers each with its line end
     */
    public static byte[] reply(String status, String headers, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        byte[] head = ("HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers + "Content-Length: " + bytes.length
                        + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream reply = new ByteArrayOutputStream();
        reply.writeBytes(head);
        reply.writeBytes(bytes);
        return reply.toByteArray();
    }

    public String baseUrl() {
        return server.baseUrl();
    }

    /** The idempotency keys of the calls for a model, in the order in which they came. */
    public List<String> keys(String model) {
        return requests(model).stream()
                .map(request -> request.header("Idempotency-Key"))
                .toList();
    }

    /** The heads of the requests for a model: the line with the path, and the headers. */
    public List<String> heads(String model) {
        return requests(model).stream().map(Request::head).toList();
    }

    private List<Request> requests(String model) {
        return List.copyOf(requests.getOrDefault(model, List.of()));
    }

    private void answer(Request request, Socket connection) throws IOException {
        String model =
                JsonMapper.shared().readTree(request.body()).path("model").asString();
        List<Request> calls = requests.computeIfAbsent(model, absent -> new CopyOnWriteArrayList<>());
        calls.add(request);
        List<byte[]> script = scripts.get(model);
        ScriptedServer.write(connection, script.get(Math.min(calls.size(), script.size()) - 1));
        connection.close();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
