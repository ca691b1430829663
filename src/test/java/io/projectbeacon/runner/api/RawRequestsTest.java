package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes on a socket that a proxy in front and this service could understand differently: refused, and the connection is closed. */
class RawRequestsTest {

    private static final String JOB = "{\"id\":\"smuggled\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}";
    private static final String POST =
            "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    private static final String GET = "GET /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n";

    /** What a successful probe would get in: as a request of its own, it makes a job. */
    private static final String SMUGGLED = POST + "Content-Length: " + JOB.length() + "\r\n\r\n" + JOB;

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.1 (\\d{3})");

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh("--beacon.worker.enabled=false");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @AfterEach
    void the_next_client_is_served_and_nothing_was_smuggled() {
        assertThat(app.get("/api/v1/jobs").json().path("jobs")).isEmpty();
    }

    private static Arguments probe(String what, String bytes) {
        return Arguments.of(what, bytes);
    }

    static Stream<Arguments> probes() {
        String length = "Content-Length: " + JOB.length() + "\r\n";
        String chunked = "Transfer-Encoding: chunked\r\n";
        String chunk = Integer.toHexString(JOB.length()) + "\r\n" + JOB + "\r\n0\r\n\r\n";
        return Stream.of(
                probe("bare LF at each line", (GET + "\r\n").replace("\r", "")),
                probe("bare LF after the request line", GET.replaceFirst("\r\n", "\n") + "\r\n"),
                probe("bare LF after a header", GET + "X: a\nY: b\r\n\r\n"),
                probe("bare LF that hides a header", POST + "X: a\nContent-Length: 0\r\n" + length + "\r\n" + JOB),
                probe("bare LF at the end of the head", GET + "\n"),
                probe("bare LF before the request line", "\n" + GET + "\r\n"),
                probe("bare CR in a value", GET + "X: a\rb\r\n\r\n"),
                probe("bare CR between headers", GET + "X: a\rY: b\r\n\r\n"),
                probe("two CR and an LF", GET + "X: a\r\r\n\r\n"),
                probe("NUL in a value", GET + "X: a\0b\r\n\r\n"),
                probe("NUL in a name", GET + "X\0: b\r\n\r\n"),
                probe("NUL in the path", "GET /api/v1/jobs\0 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                probe("a folded value", GET + "X: a\r\n b\r\n\r\n"),
                probe("a long folded value", GET + "X: a\r\n " + "b".repeat(100) + "\r\n\r\n"),
                probe("a value folded by a tab", GET + "X: a\r\n\tb\r\n\r\n"),
                probe("a value that begins folded", GET + "X:\r\n b\r\n\r\n"),
                probe("a value that begins folded, without a space", GET + "X:a\r\n b\r\n\r\n"),
                probe("a value folded twice", GET + "X: a\r\n bbbbbbbb\r\n cccccccc\r\n\r\n"),
                probe("a folded value with white space behind it", GET + "X: a\r\n b   \t   \r\n\r\n"),
                probe("a folded value with a space behind it", GET + "X:a\r\n b \r\n\r\n"),
                probe("a fold without a value", GET + "X: a\r\n \r\n\r\n"),
                probe("a folded length", POST + "Content-Length:\r\n " + JOB.length() + "\r\n\r\n" + JOB),
                probe("a folded encoding", POST + "Transfer-Encoding:\r\n chunked\r\n\r\n" + chunk),
                probe("a fold before any header", GET.replaceFirst("\r\nHost", "\r\n Host") + "\r\n"),
                probe("length and encoding", POST + length + chunked + "\r\n" + chunk),
                probe("encoding and length", POST + chunked + "Content-Length: 3\r\n\r\n0\r\n\r\n" + SMUGGLED),
                probe("two lengths that differ", POST + length + "Content-Length: 0\r\n\r\n" + SMUGGLED),
                probe("two lengths that agree", POST + length + length + "\r\n" + JOB),
                probe("a list of lengths", POST + "Content-Length: 5, 5\r\n\r\n" + JOB),
                probe("a signed length", POST + "Content-Length: +" + JOB.length() + "\r\n\r\n" + JOB),
                probe("a negative length", POST + "Content-Length: -1\r\n\r\n" + JOB),
                probe("a length in hexadecimal", POST + "Content-Length: 0x10\r\n\r\n" + JOB),
                probe("a length past all bounds", POST + "Content-Length: 99999999999999999999\r\n\r\n" + JOB),
                probe("an empty length", POST + "Content-Length: \r\n\r\n" + JOB),
                probe("a space before the colon", POST + "Content-Length : " + JOB.length() + "\r\n\r\n" + JOB),
                probe("a tab before the colon", POST + "Transfer-Encoding\t: chunked\r\n\r\n" + chunk),
                probe("two encodings", POST + chunked + chunked + "\r\n" + chunk),
                probe("an encoding that ends otherwise", POST + "Transfer-Encoding: chunked, identity\r\n\r\n" + chunk),
                probe("an encoding with a vertical tab", POST + "Transfer-Encoding: \u000bchunked\r\n\r\n" + chunk),
                probe("an encoding that is none", POST + "Transfer-Encoding: xchunked\r\n\r\n" + chunk),
                probe("an encoding in HTTP/1.0", POST.replace("1.1", "1.0") + chunked + "\r\n" + chunk),
                probe("a chunk extension", POST + chunked + "\r\n" + chunk.replaceFirst("\r\n", ";a=b\r\n")),
                probe("an empty chunk extension", POST + chunked + "\r\n" + chunk.replaceFirst("\r\n", ";\r\n")),
                probe("a chunk's length ends in LF", POST + chunked + "\r\n" + chunk.replaceFirst("\r\n", "\n")),
                probe("a chunk ends in LF", POST + chunked + "\r\n" + chunk.replace("}\r\n", "}\n")),
                probe("a chunk without its end", POST + chunked + "\r\n" + chunk.replace("}\r\n", "}x\r\n")),
                probe("a chunk's length in words", POST + chunked + "\r\nten\r\n" + JOB + "\r\n0\r\n\r\n"),
                probe("a chunk's length past all bounds", POST + chunked + "\r\nfffffffffffffffff\r\n" + JOB),
                probe("a negative chunk", POST + chunked + "\r\n-1\r\n" + JOB),
                probe("absolute form with another host", GET.replace("GET /", "GET http://elsewhere/") + "\r\n"),
                probe("two hosts", GET + "Host: elsewhere\r\n\r\n"),
                probe("no host", "GET /api/v1/jobs HTTP/1.1\r\n\r\n"),
                probe("a host with a path", GET.replace("localhost", "local/host") + "\r\n"),
                probe("a host with a space", GET.replace("localhost", "local host") + "\r\n"),
                probe("a header without a name", GET + ": b\r\n\r\n"),
                probe("a header without a colon", GET + "X\r\n\r\n"),
                probe("a version that is none", GET.replace("1.1", "1.11") + "\r\n"),
                probe("a version to come", GET.replace("HTTP/1.1", "HTTP/2.0") + "\r\n"),
                probe("a version in small letters", GET.replace("HTTP/1.1", "http/1.1") + "\r\n"),
                probe("a method that is no token", GET.replaceFirst("GET", "G(T") + "\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("probes")
    void what_two_readers_may_understand_differently_is_refused_and_the_connection_closed(String what, String bytes)
            throws IOException {
        // A second request follows: it must not be answered, since it cannot be told where the first one ends.
        String answer = send(bytes + SMUGGLED);
        assertThat(STATUS_LINE.matcher(answer).results().map(status -> status.group(1)))
                .as(answer)
                .singleElement()
                .asString()
                .matches("400|501|505");
        assertThat(answer).contains("\r\nX-Content-Type-Options: nosniff\r\n", "\r\nX-Request-Id: ");
    }

    @Test
    void another_protocol_is_not_answered() throws IOException {
        assertThat(send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED)).isEmpty();
        String hello = "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n";
        assertThat(STATUS_LINE.matcher(send(hello + SMUGGLED)).results().map(status -> status.group(1)))
                .allMatch("400"::equals);
    }

    @Test
    void a_request_without_a_version_is_refused() throws IOException {
        for (String line : new String[] {"GET /api/v1/jobs\r\n", "GET /api/v1/jobs\n", "GET /api/v1/jobs \r\n"}) {
            assertThat(send(line + "\r\n" + SMUGGLED)).doesNotContain("next_cursor");
        }
    }

    @Test
    void what_clients_do_send_is_taken() throws IOException {
        String close = "Connection: close\r\n";
        for (String good : new String[] {
            GET + close + "\r\n",
            "\r\n" + GET + close + "\r\n",
            GET + close + "User-Agent: Mozilla/5.0 (X11; Linux) a  b\r\nX:\r\nY:a\r\nZ:   a\r\nV:\ta \r\n\r\n",
            GET.replace("1.1", "1.0") + close + "\r\n",
            GET.replace("GET /", "GET http://localhost/") + close + "\r\n",
            GET + close + "X: " + "a b ".repeat(1000) + "\r\n\r\n",
            GET + close + "User-Agent: a b  \r\nX: a\t\tb\t\r\n\r\n",
        }) {
            assertThat(send(good)).startsWith("HTTP/1.1 200").contains("next_cursor");
        }
    }

    @Test
    void requests_that_come_together_and_in_pieces_are_each_answered() throws IOException {
        String all = (GET + "User-Agent: a b c\r\n\r\n").repeat(20) + GET + "Connection: close\r\n\r\n";
        assertThat(STATUS_LINE.matcher(send(all)).results()).hasSize(21);
        try (Socket socket = socket()) {
            for (byte one : (GET + "Connection: close\r\nX: a b\r\n\r\n").getBytes(ISO_8859_1)) {
                socket.getOutputStream().write(one);
                socket.getOutputStream().flush();
            }
            assertThat(answer(socket)).startsWith("HTTP/1.1 200");
        }
    }

    private static Socket socket() throws IOException {
        Socket socket = new Socket("localhost", URI.create(app.base()).getPort());
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        return socket;
    }

    /** The whole answer: the server must close the connection, else reading it ends in a time-out. */
    private static String send(String bytes) throws IOException {
        try (Socket socket = socket()) {
            socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
            return answer(socket);
        }
    }

    private static String answer(Socket socket) throws IOException {
        StringBuilder answer = new StringBuilder();
        byte[] part = new byte[8192];
        try {
            for (int read = socket.getInputStream().read(part);
                    read >= 0;
                    read = socket.getInputStream().read(part)) {
                answer.append(new String(part, 0, read, ISO_8859_1));
            }
        } catch (SocketException reset) {
            // The server closed the connection with bytes of ours unread.
            return answer.toString();
        }
        return answer.toString();
    }
}
