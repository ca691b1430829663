package io.projectbeacon.runner.inference;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * A response's body, up to 8 MiB. Not {@code BodySubscribers.limiting}, whose plain {@link IOException} cannot be told
 * from a broken connection: a body that is too large is an answer, a broken connection is not.
 */
final class BoundedBody implements BodySubscriber<byte[]> {

    static final int MAX_BYTES = 8 * 1024 * 1024;

    /** The body is larger than 8 MiB. */
    static final class TooLarge extends IOException {
        TooLarge() {
            super("the response is larger than " + MAX_BYTES + " bytes");
        }
    }

    private final BodySubscriber<byte[]> bytes = BodySubscribers.ofByteArray();
    private @Nullable Subscription subscription;
    private long received;
    private boolean refused;

    @Override
    public CompletionStage<byte[]> getBody() {
        return bytes.getBody();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        this.subscription = subscription;
        bytes.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        if (refused) {
            return;
        }
        for (ByteBuffer buffer : buffers) {
            received += buffer.remaining();
        }
        if (received <= MAX_BYTES) {
            bytes.onNext(buffers);
            return;
        }
        refused = true;
        bytes.onError(new TooLarge());
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public void onError(Throwable error) {
        bytes.onError(error);
    }

    @Override
    public void onComplete() {
        bytes.onComplete();
    }
}
