package io.projectbeacon.runner.support;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/**
 * A provider that answers with bytes, whatever they are: the first call for a model gets the first answer of its script,
 * the last answer is repeated. Each connection serves one call.
 */
public final class RawProvider implements AutoCloseable {

    private static final Pattern LENGTH = Pattern.compile("(?i)content-length: *(\\d+)");
    private static final Pattern KEY = Pattern.compile("(?i)idempotency-key: *(\\S+)");

    private final ServerSocket socket;
    private final Map<String, List<byte[]>> scripts;
    private final Map<String, List<String>> heads = new ConcurrentHashMap<>();

    /** @param scripts the answers for each model */
    public RawProvider(Map<String, List<byte[]>> scripts) throws IOException {
        this.scripts = scripts;
        this.socket = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    public String baseUrl() {
        return "http://127.0.0.1:" + socket.getLocalPort() + "/v1";
    }

    /** The idempotency keys of the calls for a model, in the order in which they came. */
    public List<String> keys(String model) {
        return heads(model).stream().map(head -> first(KEY, head)).toList();
    }

    /** The heads of the requests for a model: the line with the path, and the headers. */
    public List<String> heads(String model) {
        return List.copyOf(heads.getOrDefault(model, List.of()));
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = socket.accept();
                Thread.ofVirtual().start(() -> serve(connection));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            InputStream in = connection.getInputStream();
            String head = head(in);
            byte[] body = in.readNBytes(Integer.parseInt(first(LENGTH, head)));
            String model = JsonMapper.shared().readTree(body).path("model").asString();
            List<String> calls = heads.computeIfAbsent(model, absent -> new CopyOnWriteArrayList<>());
            calls.add(head);
            List<byte[]> script = scripts.get(model);
            connection.getOutputStream().write(script.get(Math.min(calls.size(), script.size()) - 1));
            connection.getOutputStream().flush();
        } catch (IOException gone) {
            // The caller is gone, as it may be.
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException();
            }
            head.write(next);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static String first(Pattern pattern, String head) {
        Matcher matcher = pattern.matcher(head);
        if (!matcher.find()) {
            throw new IllegalStateException("No " + pattern + " in " + head);
        }
        return matcher.group(1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
