package io.projectbeacon.runner.inference;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * A response's body, up to 8 MiB. One that is large needs a {@link LargeBodies} place, and asks for no more bytes until it has
 * one: TCP then stops the server, and the call's time-out bounds the wait.
 *
 * <p>Not {@code BodySubscribers.limiting}, whose plain {@link IOException} cannot be told from a broken connection: a body that
 * is too large is an answer, a broken connection is not. Nor {@code ofByteArray}, which keeps the buffers that come: a server
 * that sends chunks of one byte makes each byte cost fifty.
 */
final class BoundedBody implements BodySubscriber<byte[]> {

    static final int MAX_BYTES = 8 * 1024 * 1024;

    /** Without a place. An answer in words is hardly ever longer. */
    static final int SMALL_BYTES = 64 * 1024;

    /** The body is larger than 8 MiB. */
    static final class TooLarge extends IOException {
        TooLarge() {
            super("the response is larger than " + MAX_BYTES + " bytes");
        }
    }

    private final HttpHeaders headers;
    private final LargeBodies.Place place;
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private ByteArrayOutputStream received = new ByteArrayOutputStream();
    private @Nullable Subscription subscription;

    BoundedBody(HttpHeaders headers, LargeBodies.Place place) {
        this.headers = headers;
        this.place = place;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        this.subscription = subscription;
        subscription.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        if (body.isDone() || subscription == null) {
            return;
        }
        for (ByteBuffer buffer : buffers) {
            if (received.size() + buffer.remaining() > MAX_BYTES) {
                end(new TooLarge());
                subscription.cancel();
                return;
            }
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            received.writeBytes(bytes);
        }
        Subscription more = subscription;
        if (received.size() <= SMALL_BYTES) {
            more.request(1);
        } else {
            place.take().thenRun(() -> more.request(1));
        }
    }

    @Override
    public void onError(Throwable error) {
        end(error);
    }

    @Override
    public void onComplete() {
        if (body.isDone()) {
            return;
        }
        byte[] whole = received.toByteArray();
        received = new ByteArrayOutputStream(0);
        // A small one that is packed may unpack to a large one.
        if (whole.length <= SMALL_BYTES && !ReplyText.isPacked(headers, whole)) {
            body.complete(whole);
        } else {
            place.take().thenRun(() -> body.complete(whole));
        }
    }

    private void end(Throwable error) {
        received = new ByteArrayOutputStream(0);
        body.completeExceptionally(error);
    }
}
