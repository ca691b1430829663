package io.projectbeacon.runner.support;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server on the level of bytes: reads whole requests, counts them, and does with each what it is told. */
public final class ScriptedServer implements AutoCloseable {

    /**
     * A request that was read whole.
     *
     * @param number from 1, over all connections
     * @param head the line with the path, and the headers
     */
    public record Request(int number, String head, byte[] body) {

        /** The value of a header, empty without one. */
        public String header(String name) {
            Matcher line = Pattern.compile("(?im)^" + Pattern.quote(name) + ": *(.*?) *$")
                    .matcher(head);
            return line.find() ? line.group(1) : "";
        }
    }

    /** What happens once a request was read whole. The connection serves further ones unless the script closes it. */
    public interface Script {
        void run(Request request, Socket connection) throws IOException;
    }

    private final ServerSocket socket;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();

    public ScriptedServer(Script script) throws IOException {
        this.socket = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> accept(script));
    }

    public String baseUrl() {
        return "http://127.0.0.1:" + port() + "/v1";
    }

    public int port() {
        return socket.getLocalPort();
    }

    /** How many requests arrived whole. */
    public int requests() {
        return requests.get();
    }

    public int connections() {
        return connections.get();
    }

    public static void write(Socket connection, String text) throws IOException {
        write(connection, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public static void write(Socket connection, byte[] bytes) throws IOException {
        OutputStream out = connection.getOutputStream();
        out.write(bytes);
        out.flush();
    }

    private void accept(Script script) {
        try {
            while (true) {
                Socket connection = socket.accept();
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(script, connection));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Script script, Socket connection) {
        try (connection) {
            while (!connection.isClosed()) {
                InputStream in = connection.getInputStream();
                String head = head(in);
                byte[] body = body(in, head);
                script.run(new Request(requests.incrementAndGet(), head, body), connection);
            }
        } catch (IOException closed) {
            // The client is gone.
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || head.indexOf("\r\n\r\n", head.length() - 4) < 0) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException();
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static byte[] body(InputStream in, String head) throws IOException {
        String length = new Request(0, head, new byte[0]).header("Content-Length");
        byte[] body = in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
        if (!length.isEmpty() && body.length < Integer.parseInt(length)) {
            throw new EOFException();
        }
        return body;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
