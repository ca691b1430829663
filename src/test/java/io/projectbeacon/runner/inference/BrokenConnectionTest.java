package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.openAi;
import static io.projectbeacon.runner.inference.Fixtures.properties;
import static io.projectbeacon.runner.inference.Fixtures.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.ScriptedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls whose connection breaks: one that may have been sent is not sent again, and is told from an unsent one. */
class BrokenConnectionTest {

    private static final String REGION = "us-east";
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(500);
    private static final String ANSWER = "{\"choices\":[{\"message\":{\"content\":\"hello\"}}]}";

    private FakeProvider provider;

    @BeforeEach
    void start() throws IOException {
        provider = FakeProvider.start();
    }

    @AfterEach
    void stop() {
        provider.close();
    }

    private InferenceResult ask(String baseUrl, Duration callTimeout) throws InterruptedException {
        try (HttpInferenceClient client = openAi(REGION, baseUrl, callTimeout)) {
            return client.infer(request(REGION, "llama", "Who are you?"));
        }
    }

    @Test
    void aConnectionClosedAfterTheRequestWasReadIsUnknownAndTheRequestIsNotSentAgain() throws Exception {
        provider.closeAfterReading(REGION);

        InferenceResult result = ask(provider.baseUrl(REGION), LONG);

        assertThat(result).isInstanceOfSatisfying(UnknownOutcome.class, f -> {
            assertThat(f.code()).isEqualTo("connection_closed");
            assertThat(f.httpStatus()).isNull();
        });
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void aPooledConnectionThatTheServerClosesAfterReadingIsNotTriedAgainOnANewOne() throws Exception {
        ScriptedServer.Script answerOnce = (request, connection) -> {
            if (request.number() == 1) {
                ScriptedServer.write(
                        connection, "HTTP/1.1 200 OK\r\nContent-Length: " + ANSWER.length() + "\r\n\r\n" + ANSWER);
            } else {
                connection.close();
            }
        };
        try (ScriptedServer server = new ScriptedServer(answerOnce);
                HttpInferenceClient client = openAi(REGION, server.baseUrl(), LONG)) {
            assertThat(client.infer(request(REGION, "llama", "first"))).isInstanceOf(Answer.class);
            assertThat(server.connections()).isEqualTo(1);

            assertThat(client.infer(request(REGION, "llama", "second"))).isInstanceOf(UnknownOutcome.class);

            assertThat(server.requests()).isEqualTo(2);
        }
    }

    @Test
    void aResetAfterTheRequestWasReadIsUnknown() throws Exception {
        ScriptedServer.Script reset = (request, connection) -> {
            connection.setSoLinger(true, 0);
            connection.close();
        };
        try (ScriptedServer server = new ScriptedServer(reset)) {
            assertThat(ask(server.baseUrl(), LONG))
                    .isInstanceOfSatisfying(
                            UnknownOutcome.class, f -> assertThat(f.code()).isEqualTo("connection_reset"));
            assertThat(server.requests()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SSH-2.0-OpenSSH_9.6\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "\0\0\0\0\r\n\r\n"})
    void whatIsNotHttpIsUnknown(String garbage) throws Exception {
        ScriptedServer.Script script = (request, connection) -> {
            ScriptedServer.write(connection, garbage);
            connection.close();
        };
        try (ScriptedServer server = new ScriptedServer(script)) {
            assertThat(ask(server.baseUrl(), LONG))
                    .isInstanceOfSatisfying(
                            UnknownOutcome.class, f -> assertThat(f.code()).isEqualTo("protocol_error"));
            assertThat(server.requests()).isEqualTo(1);
        }
    }

    @Test
    void aTruncatedAnswerIsUnknownAndKeepsItsStatus() throws Exception {
        provider.truncate(REGION, 200);

        assertThat(ask(provider.baseUrl(REGION), LONG)).isInstanceOfSatisfying(UnknownOutcome.class, f -> {
            assertThat(f.code()).isEqualTo("response_truncated");
            assertThat(f.httpStatus()).isEqualTo(200);
        });
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void aTruncatedRefusalIsStillARefusal() throws Exception {
        provider.truncate(REGION, 503);

        assertThat(ask(provider.baseUrl(REGION), LONG))
                .isInstanceOfSatisfying(
                        RetryableFailure.class, f -> assertThat(f.code()).isEqualTo("http_503"));
    }

    @Test
    void noAnswerWithinTheCallTimeoutIsUnknownEvenThoughTheProviderSucceedsLater() throws Exception {
        provider.hold(REGION);

        assertThat(ask(provider.baseUrl(REGION), SHORT))
                .isInstanceOfSatisfying(
                        UnknownOutcome.class, f -> assertThat(f.code()).isEqualTo("timeout"));

        provider.release(REGION);
        await().untilAsserted(() -> assertThat(provider.calls()).singleElement().matches(FakeProvider.Call::success));
    }

    @Test
    void theCallTimeoutCoversABodyThatDripsForEver() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        ScriptedServer.Script drip = (request, connection) -> {
            ScriptedServer.write(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            try {
                while (!over.await(20, TimeUnit.MILLISECONDS)) {
                    ScriptedServer.write(connection, "1\r\n \r\n");
                }
            } catch (InterruptedException e) {
                connection.close();
            }
        };
        try (ScriptedServer server = new ScriptedServer(drip)) {
            long start = System.nanoTime();
            assertThat(ask(server.baseUrl(), SHORT)).isInstanceOfSatisfying(UnknownOutcome.class, f -> {
                assertThat(f.code()).isEqualTo("timeout");
                assertThat(f.httpStatus()).isEqualTo(200);
            });
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        } finally {
            over.countDown();
        }
    }

    @Test
    void anInterruptEndsTheCallAndClosesItsConnection() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch clientGone = new CountDownLatch(1);
        ScriptedServer.Script waitForTheEnd = (request, connection) -> {
            arrived.countDown();
            try {
                assertThat(connection.getInputStream().read()).isEqualTo(-1);
            } catch (IOException reset) {
                // A reset shows that the connection is closed as well.
            }
            clientGone.countDown();
            connection.close();
        };
        try (ScriptedServer server = new ScriptedServer(waitForTheEnd);
                HttpInferenceClient client = openAi(REGION, server.baseUrl(), LONG)) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread caller = Thread.ofVirtual().start(() -> {
                try {
                    client.infer(request(REGION, "llama", "Who are you?"));
                } catch (InterruptedException e) {
                    thrown.set(e);
                }
            });
            assertThat(arrived.await(5, TimeUnit.SECONDS)).isTrue();

            caller.interrupt();

            assertThat(caller.join(Duration.ofSeconds(2))).isTrue();
            assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
            assertThat(clientGone.await(2, TimeUnit.SECONDS)).isTrue();
            assertThat(server.requests()).isEqualTo(1);
        }
    }

    @Test
    void aCallerThatIsInterruptedAlreadySendsNothing() throws Exception {
        FutureTask<InferenceResult> call = new FutureTask<>(() -> {
            Thread.currentThread().interrupt();
            return ask(provider.baseUrl(REGION), LONG);
        });
        Thread.ofVirtual().start(call).join();

        assertThatThrownBy(call::get)
                .cause()
                .isInstanceOf(InterruptedException.class)
                .hasMessage("interrupted before the call was sent");
        assertThat(provider.calls()).isEmpty();
    }

    @Test
    void aRefusedConnectionWasDefinitelyNotSent() throws Exception {
        String gone = provider.baseUrl(REGION);
        provider.close();

        assertThat(ask(gone, LONG)).isInstanceOfSatisfying(RetryableFailure.class, f -> {
            assertThat(f.code()).isEqualTo("connection_refused");
            assertThat(f.httpStatus()).isNull();
        });
    }

    @Test
    void aHostWithoutAnAddressWasDefinitelyNotSent() throws Exception {
        assertThat(ask("http://nowhere.invalid/v1", LONG))
                .isInstanceOfSatisfying(
                        RetryableFailure.class, f -> assertThat(f.code()).isEqualTo("unknown_host"));
    }

    @Test
    void aServerWhoseCertificateIsNotTrustedWasDefinitelyNotSent(@TempDir Path directory) throws Exception {
        try (SelfSignedServer server = new SelfSignedServer(directory)) {
            assertThat(ask(server.baseUrl(), LONG))
                    .isInstanceOfSatisfying(
                            RetryableFailure.class, f -> assertThat(f.code()).isEqualTo("tls_handshake_failed"));
            assertThat(server.requests()).isZero();
        }
    }

    @Test
    void aServerThatNeverFinishesTheHandshakeWasDefinitelyNotSent() throws Exception {
        String https = provider.baseUrl(REGION).replace("http:", "https:");

        assertThat(ask(https, SHORT))
                .isInstanceOfSatisfying(
                        RetryableFailure.class, f -> assertThat(f.code()).isEqualTo("connect_timeout"));
        assertThat(provider.calls()).isEmpty();
    }

    @Test
    void aConnectionThatIsNotMadeInTimeWasDefinitelyNotSent() throws Exception {
        List<Socket> waiting = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            fill(full, waiting);
            String url = "http://127.0.0.1:" + full.getLocalPort() + "/v1";
            try (HttpInferenceClient client = openAi(REGION, url, properties(LONG, SHORT))) {
                assertThat(client.infer(request(REGION, "llama", "Who are you?")))
                        .isInstanceOfSatisfying(
                                RetryableFailure.class,
                                f -> assertThat(f.code()).isEqualTo("connect_timeout"));
            }
        } finally {
            for (Socket socket : waiting) {
                socket.close();
            }
        }
    }

    /** Connects until the listener's queue is full and the kernel lets no further connection in. */
    private static void fill(ServerSocket listener, List<Socket> waiting) throws IOException {
        for (int i = 0; i < 20; i++) {
            Socket socket = new Socket();
            waiting.add(socket);
            try {
                socket.connect(new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()), 200);
            } catch (SocketTimeoutException full) {
                return;
            }
        }
    }

    @Test
    void anAnswerLargerThanTheLimitIsNotAskedForAgain() throws Exception {
        provider.answerWith(REGION, 200, ANSWER + " ".repeat(BoundedBody.MAX_BYTES - ANSWER.length() + 1));

        assertThat(ask(provider.baseUrl(REGION), LONG)).isInstanceOfSatisfying(UnknownOutcome.class, f -> {
            assertThat(f.code()).isEqualTo("answer_too_large");
            assertThat(f.repeats()).isZero();
        });
    }

    @Test
    void anAnswerAsLargeAsTheLimitIsRead() throws Exception {
        provider.answerWith(REGION, 200, ANSWER + " ".repeat(BoundedBody.MAX_BYTES - ANSWER.length()));

        assertThat(ask(provider.baseUrl(REGION), LONG)).isEqualTo(new Answer("hello", null, null));
    }
}
