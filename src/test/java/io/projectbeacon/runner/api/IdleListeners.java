package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Alone;
import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a listener to whose job nothing happens takes of the heap of a replica, and of the others. */
@Alone
class IdleListeners {

    private static final int LISTENERS = 5_000;
    private static final int KIBIBYTE = 1024;

    @Test
    void five_thousand_of_them_fit_into_a_heap_of_512_mb_and_others_are_served() throws Exception {
        List<SocketChannel> listening = new ArrayList<>();
        try (RunnerProcess service = RunnerProcess.start(
                "512m",
                List.of(
                        "--spring.datasource.url=" + TestServers.newDatabase(),
                        "--spring.data.redis.url=" + TestServers.newRedisUrl(),
                        "--beacon.inference.simulated.latency=5m",
                        "--beacon.inference.call-timeout=10m",
                        "--beacon.jobs.default-timeout=20m",
                        "--beacon.worker.shutdown-timeout=1s",
                        "--server.tomcat.max-connections=6000",
                        "--beacon.limits.streams=" + LISTENERS))) {
            for (int job = 0; job < 10; job++) {
                service.submit("{\"id\":\"idle-%d\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}".formatted(job));
            }
            await().until(() -> service.cells("idle-9").size() == 1);
            double before = service.liveHeap();
            long begun = System.nanoTime();
            for (int n = 0; n < LISTENERS; n++) {
                listening.add(listen(service, "idle-" + n % 10));
            }
            System.out.printf("%d listeners came within %s%n", LISTENERS, Duration.ofNanos(System.nanoTime() - begun));
            double each = (service.liveHeap() - before) / LISTENERS / KIBIBYTE;
            System.out.printf("%.1f KiB a listener%n", each);
            assertThat(each).isBetween(1.0, 96.0);

            long asked = System.nanoTime();
            assertThat(service.submit("{\"id\":\"next\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}")
                            .status())
                    .isEqualTo(202);
            assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(5));

            // Each of them is told of the end.
            for (int job = 0; job < 10; job++) {
                assertThat(service.post("/api/v1/jobs/idle-" + job + "/cancel", "")
                                .status())
                        .isEqualTo(202);
            }
            for (SocketChannel listener : listening) {
                assertThat(rest(listener)).contains("event: done");
            }
        } finally {
            for (SocketChannel listener : listening) {
                listener.close();
            }
        }
    }

    private static SocketChannel listen(RunnerProcess service, String job) throws Exception {
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), URI.create(service.base()).getPort()));
        channel.write(
                ByteBuffer.wrap("GET /api/v1/jobs/%s/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                        .formatted(job)
                        .getBytes(US_ASCII)));
        ByteBuffer begin = ByteBuffer.allocate(16);
        channel.read(begin);
        assertThat(new String(begin.array(), 0, begin.position(), US_ASCII)).startsWith("HTTP/1.1 200");
        return channel;
    }

    private static String rest(SocketChannel channel) throws Exception {
        return new String(channel.socket().getInputStream().readAllBytes(), US_ASCII);
    }
}
