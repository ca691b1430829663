package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.region.Regions;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** Calls a region's server over HTTP. */
final class HttpInferenceClient implements InferenceClient, AutoCloseable {

    static {
        // When a server closes an idle connection just as a call is written to it, the call's outcome is unknown
        // without need. Common servers close it after 5 s, but the JDK's client keeps it for 30 s unless this property
        // is set before its first use. So the client is made to close it first.
        if (System.getProperty("jdk.httpclient.keepalive.timeout") == null) {
            System.setProperty("jdk.httpclient.keepalive.timeout", "4");
        }
    }

    private static final int UNAUTHORIZED = 401;

    private final Endpoints endpoints;
    private final Protocol protocol;
    private final ReplyReader reader;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient http;
    private final Exchange exchange;
    private final Predicate<String> lets;
    private final LargeBodies largeBodies = new LargeBodies();

    /** @param lets whether a call may begin in a region now */
    HttpInferenceClient(
            InferenceProperties properties, Regions regions, Protocol protocol, Clock clock, Predicate<String> lets) {
        this.lets = lets;
        this.endpoints = new Endpoints(regions, protocol.path());
        this.protocol = protocol;
        this.reader = new ReplyReader(protocol, new StatusTable(properties.ambiguousStatuses()), clock);
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(properties.connectTimeout())
                .executor(threads)
                .build();
        this.exchange = new Exchange(http, properties.callTimeout());
    }

    @Override
    public InferenceResult infer(InferenceRequest request) throws InterruptedException {
        Endpoint endpoint = endpoints.of(request.region(), request.modelId());
        if (endpoint == null) {
            return new FinalFailure(
                    "unknown_region",
                    "no server is configured for region '" + request.region() + "'",
                    null,
                    Told.NOT_SENT);
        }
        // Through a string, since a lone surrogate in a question must not fail the call.
        byte[] body = protocol.body(request).toString().getBytes(StandardCharsets.UTF_8);
        try (LargeBodies.Place place = largeBodies.place(request.region())) {
            return call(request, endpoint, body, place);
        }
    }

    private InferenceResult call(InferenceRequest request, Endpoint first, byte[] body, LargeBodies.Place place)
            throws InterruptedException {
        Endpoint endpoint = first;
        BooleanSupplier mayBegin = () -> lets.test(request.region());
        ExchangeResult result = exchange.send(head(endpoint, request), body, place, mayBegin);
        if (result instanceof ExchangeResult.Reply refused && refused.status() == UNAUTHORIZED) {
            Endpoint now = endpoints.of(request.region(), request.modelId());
            if (now != null && !Objects.equals(now.key(), endpoint.key())) {
                // The key was replaced while the call was under way. The old one was refused, so nothing has run.
                endpoint = now;
                result = exchange.send(head(endpoint, request), body, place, mayBegin);
            }
        }
        return switch (result) {
            case ExchangeResult.Reply reply -> shown(place.read(() -> reader.read(reply)), endpoint);
            case ExchangeResult.NoReply broken -> shown(broken.failure(), endpoint);
        };
    }

    private static HttpRequest.Builder head(Endpoint endpoint, InferenceRequest request) {
        HttpRequest.Builder head = HttpRequest.newBuilder(endpoint.uri())
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .header("Accept-Encoding", "identity")
                .header("Idempotency-Key", IdempotencyKey.of(request));
        endpoint.addTo(head);
        return head;
    }

    /** Makes a failure's message safe; secrets are taken out first, since shortening could leave a part of one. */
    private static InferenceResult shown(InferenceResult result, Endpoint endpoint) {
        return switch (result) {
            case InferenceResult.Answer answer -> answer;
            case InferenceResult.Failure failure ->
                failure.inWords(ProviderText.message(failure.code()), message(failure, endpoint));
        };
    }

    private static String message(InferenceResult.Failure failure, Endpoint endpoint) {
        return ProviderText.message(endpoint.withoutSecrets(failure.message()));
    }

    /** Aborts the calls in flight. */
    @Override
    public void close() {
        http.shutdownNow();
        threads.shutdownNow();
    }
}
