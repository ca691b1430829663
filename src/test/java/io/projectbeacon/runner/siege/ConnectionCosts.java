package io.projectbeacon.runner.siege;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a connection takes of the heap before its bytes come: {@code ./mvnw -Psiege test -Dtest=ConnectionCosts}. */
class ConnectionCosts {

    private static final int CONNECTIONS = 1_500;
    private static final int KIBIBYTE = 1024;

    private static RunnerProcess service;

    @BeforeAll
    static void start() throws IOException {
        service = RunnerProcess.start(List.of(
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--spring.data.redis.url=" + TestServers.newRedisUrl(),
                "--server.tomcat.max-connections=8000"));
    }

    @AfterAll
    static void stop() throws Exception {
        service.close();
    }

    private static byte[] begin(String kind) {
        String batch = Target.head("/api/v1/jobs:batch", "application/x-ndjson") + "Transfer-Encoding: chunked\r\n\r\n";
        String job = Target.head("/api/v1/jobs", "application/json") + "Content-Length: 900000\r\n\r\n";
        String sent = switch (kind) {
            case "nothing" -> "";
            case "a part of a head" -> "GET /api/v1/jobs HTTP/1.1\r\nX: ";
            case "a byte of a batch" -> batch + "1\r\n{\r\n";
            case "a byte of a job" -> job + "{";
            default -> throw new IllegalArgumentException(kind);
        };
        return sent.getBytes(US_ASCII);
    }

    @ParameterizedTest
    @CsvSource({"nothing, 32", "a part of a head, 56", "a byte of a batch, 112", "a byte of a job, 112"})
    void a_connection_takes_little(String sent, int kibibytes) throws Exception {
        service.submit("{\"models\":[\"a\"],\"regions\":[\"us-east\"]}");
        double before = service.liveHeap();
        List<Socket> held = new ArrayList<>();
        try {
            for (int n = 0; n < CONNECTIONS; n++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(),
                        URI.create(service.base()).getPort());
                socket.getOutputStream().write(begin(sent));
                held.add(socket);
            }
            // A request that is answered came after all of these.
            service.get("/api/v1/jobs");
            double each = (service.liveHeap() - before) / CONNECTIONS / KIBIBYTE;
            System.out.printf("%s: %.1f KiB a connection%n", sent, each);
            assertThat(each).isBetween(1.0, (double) kibibytes);
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }
}
