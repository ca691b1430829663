package io.projectbeacon.runner.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.ScriptedServer;
import io.projectbeacon.runner.support.ScriptedServer.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls through a proxy that the JVM's own properties name: what the proxy sees, and what its own answers mean. */
class ProxyTest {

    private static final String ANSWER = "{\"choices\":[{\"message\":{\"content\":\"hello\"}}]}";
    private static final String NEEDS_A_PASSWORD =
            "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"";
    private static final String ANSWERED = "Answer[response=hello";

    private final List<Request> seen = new CopyOnWriteArrayList<>();

    @TempDir
    private Path directory;

    @Test
    void a_plain_call_goes_to_the_proxy_whole_and_a_name_that_is_excepted_does_not() throws Exception {
        try (ScriptedServer proxy = proxy("200 OK");
                ScriptedServer provider = new ScriptedServer((request, connection) -> {
                    ScriptedServer.write(connection, answer("200 OK"));
                    connection.close();
                })) {
            List<String> results = call(proxy.port(), List.of(), "http://provider.example/v1?v=1", provider.baseUrl());

            assertThat(results).hasSize(2).allMatch(result -> result.startsWith(ANSWERED));
            assertThat(provider.requests()).isEqualTo(1);
            assertThat(seen).singleElement().satisfies(request -> {
                assertThat(request.head())
                        .startsWith("POST http://provider.example/v1/chat/completions?v=1 HTTP/1.1\r\n");
                assertThat(request.header("Authorization")).isEqualTo("Bearer " + Fixtures.KEY);
                assertThat(request.header("Idempotency-Key")).isNotEmpty();
                assertThat(new String(request.body(), StandardCharsets.UTF_8)).contains("Who are you?");
            });
        }
    }

    /** A gateway's word, whichever gateway says it: only the provider knows whether the call was passed on. */
    @Test
    void what_a_proxy_answers_to_a_plain_call_means_what_it_would_mean_from_the_provider() throws Exception {
        List<String> results = answered(
                "http://provider.example/v1",
                "502 Bad Gateway",
                "504 Gateway Timeout",
                "503 Service Unavailable",
                "403 Forbidden",
                NEEDS_A_PASSWORD);

        assertThat(results)
                .extracting(result -> result.substring(0, result.indexOf(", message")))
                .containsExactly(
                        "UnknownOutcome[cause=STATUS, code=http_502",
                        "UnknownOutcome[cause=STATUS, code=http_504",
                        "RetryableFailure[code=http_503",
                        "FinalFailure[code=http_403",
                        "FinalFailure[code=http_407");
    }

    @Test
    void a_call_by_tls_goes_through_a_tunnel_that_shows_the_proxy_nothing_but_the_name() throws Exception {
        try (SelfSignedServer provider = new SelfSignedServer(directory);
                ScriptedServer proxy = new ScriptedServer((request, connection) -> {
                    seen.add(request);
                    tunnel(connection, provider.port());
                })) {
            List<String> trusting = List.of(
                    "-Djavax.net.ssl.trustStore=" + provider.store(),
                    "-Djavax.net.ssl.trustStorePassword=" + SelfSignedServer.PASSWORD);

            assertThat(call(proxy.port(), trusting, "https://provider.example/v1"))
                    .singleElement()
                    .asString()
                    .startsWith(ANSWERED);
            assertThat(provider.requests()).isEqualTo(1);
            assertThat(seen)
                    .singleElement()
                    .satisfies(request -> assertThat(request.head())
                            .startsWith("CONNECT provider.example:443 HTTP/1.1\r\n")
                            .doesNotContain(Fixtures.KEY)
                            .doesNotContain("Idempotency-Key"));
        }
    }

    @Test
    void a_tunnel_that_the_proxy_refuses_was_definitely_not_sent_whatever_the_status() throws Exception {
        List<String> results = answered(
                "https://provider.example/v1",
                "403 Forbidden",
                "502 Bad Gateway",
                "504 Gateway Timeout",
                "429 Slow Down",
                NEEDS_A_PASSWORD);

        assertThat(results)
                .allMatch(result -> result.startsWith("RetryableFailure["))
                .allMatch(result -> result.contains("httpStatus=null, retryAfter=null, told=NOT_SENT"))
                .extracting(result -> result.substring(result.indexOf("not sent"), result.indexOf(", httpStatus")))
                .containsExactly(
                        "not sent: Tunnel failed, got: 403",
                        "not sent: Tunnel failed, got: 502",
                        "not sent: Tunnel failed, got: 504",
                        "not sent: Tunnel failed, got: 429",
                        "not sent: the proxy answered 407");
    }

    /** A header of the region is the one way to a password: the JDK's client asks no properties for it. */
    @Test
    void a_header_of_the_region_tells_a_proxy_its_password_in_plain_and_for_a_tunnel_if_the_jvm_allows_it()
            throws Exception {
        String header = "-D" + ProxiedCall.HEADER + "=Basic dTpw";
        try (ScriptedServer proxy = proxy("403 Forbidden")) {
            call(proxy.port(), List.of(header), "http://provider.example/v1", "https://provider.example/v1");
            call(
                    proxy.port(),
                    List.of(header, "-Djdk.http.auth.tunneling.disabledSchemes="),
                    "https://provider.example/v1");
        }
        assertThat(seen)
                .extracting(request -> request.header("Proxy-Authorization"))
                .containsExactly("Basic dTpw", "", "Basic dTpw");
    }

    @Test
    void a_proxy_that_is_not_there_was_definitely_not_sent_to() throws Exception {
        int gone;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            gone = socket.getLocalPort();
        }
        assertThat(call(gone, List.of(), "http://provider.example/v1", "https://provider.example/v1"))
                .hasSize(2)
                .allMatch(result -> result.startsWith("RetryableFailure[code=connection_refused"));
    }

    /** What became of a call for each of these answers of the proxy. */
    private List<String> answered(String baseUrl, String... statuses) throws Exception {
        try (ScriptedServer proxy = proxy(statuses)) {
            return call(
                    proxy.port(),
                    List.of(),
                    Collections.nCopies(statuses.length, baseUrl).toArray(String[]::new));
        }
    }

    private ScriptedServer proxy(String... statuses) throws IOException {
        return new ScriptedServer((request, connection) -> {
            seen.add(request);
            ScriptedServer.write(connection, answer(statuses[Math.min(request.number(), statuses.length) - 1]));
            connection.close();
        });
    }

    private static String answer(String status) {
        return "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(status, ANSWER.length(), ANSWER);
    }

    private static void tunnel(Socket client, int port) throws IOException {
        try (Socket provider = new Socket(InetAddress.getLoopbackAddress(), port)) {
            ScriptedServer.write(client, "HTTP/1.1 200 Connection established\r\n\r\n");
            Thread.ofVirtual().start(() -> copy(client, provider));
            copy(provider, client);
        } finally {
            client.close();
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException closed) {
            // The other direction has ended.
        }
    }

    /** What became of a call to each base URL, in a JVM with this proxy. */
    private static List<String> call(int proxyPort, List<String> properties, String... baseUrls) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dhttp.proxyHost=127.0.0.1",
                "-Dhttp.proxyPort=" + proxyPort,
                "-Dhttps.proxyHost=127.0.0.1",
                "-Dhttps.proxyPort=" + proxyPort));
        command.addAll(properties);
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), "io.projectbeacon.runner.inference.ProxiedCall"));
        command.addAll(List.of(baseUrls));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (Stream<String> lines = process.inputReader(StandardCharsets.UTF_8).lines()) {
            return lines.filter(line -> line.startsWith("result: "))
                    .map(line -> line.substring("result: ".length()))
                    .toList();
        }
    }
}
