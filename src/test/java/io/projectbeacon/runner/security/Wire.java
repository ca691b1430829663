package io.projectbeacon.runner.security;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import org.springframework.core.env.Environment;

/** Requests as bytes on a socket, since an HTTP client would mend or refuse what an attacker sends. */
record Wire(String address, int port) {

    record Answer(int status, List<String> headers, String body) {

        /** The value of a header, or an empty text. */
        String header(String name) {
            return headers.stream()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    static Wire to(RunnerApp app) {
        return new Wire("127.0.0.1", URI.create(app.base()).getPort());
    }

    /** To the port that the actuator has to itself. */
    static Wire toManagement(RunnerApp app) {
        String port = app.bean(Environment.class).getProperty("local.management.port");
        return new Wire("127.0.0.1", Integer.parseInt(port));
    }

    Answer get(String path, String... headers) {
        return send("GET", path, "", headers);
    }

    Answer post(String path, String body, String... headers) {
        return send("POST", path, body, headers);
    }

    /** Sends a request for {@code localhost}, unless the headers, such as {@code Origin: null}, name another host. */
    Answer send(String method, String path, String body, String... headers) {
        StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
        if (List.of(headers).stream().noneMatch(line -> line.startsWith("Host:"))) {
            head.append("Host: localhost:").append(port).append("\r\n");
        }
        if (List.of(headers).stream().noneMatch(line -> line.startsWith("Content-Type:"))) {
            head.append("Content-Type: application/json\r\n");
        }
        List.of(headers).forEach(line -> head.append(line).append("\r\n"));
        head.append("Content-Length: ").append(body.getBytes(UTF_8).length).append("\r\nConnection: close\r\n\r\n");
        return raw(head + body);
    }

    /** Sends these bytes and reads all that is answered. */
    Answer raw(String request) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 2_000);
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(UTF_8));
            socket.shutdownOutput();
            String answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
            int end = answer.indexOf("\r\n\r\n");
            List<String> head = answer.substring(0, end).lines().toList();
            return new Answer(Integer.parseInt(head.getFirst().split(" ")[1]), head, answer.substring(end + 4));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether anything listens there. */
    boolean isListenedOn() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 2_000);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }
}
