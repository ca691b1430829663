package io.projectbeacon.runner.inference;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A request's body that can leave this process once. The JDK's client asks for the body after it has connected and
 * written the head; so as long as it has not asked, no server can have run the request, whatever went wrong. A client
 * that asks again (its own retry on a dropped connection, a system property, a later JDK) is refused.
 */
final class SendOnceBody implements BodyPublisher {

    private enum State {
        NEW,
        SENT,
        WITHDRAWN
    }

    private final BodyPublisher bytes;
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);

    SendOnceBody(byte[] bytes) {
        this.bytes = BodyPublishers.ofByteArray(bytes);
    }

    /** Makes sure that the body is not sent from now on. True when it was not sent before either. */
    boolean withdraw() {
        return state.compareAndSet(State.NEW, State.WITHDRAWN) || state.get() == State.WITHDRAWN;
    }

    @Override
    public long contentLength() {
        return bytes.contentLength();
    }

    @Override
    public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
        if (state.compareAndSet(State.NEW, State.SENT)) {
            bytes.subscribe(subscriber);
            return;
        }
        subscriber.onSubscribe(NOTHING);
        subscriber.onError(new IOException("the request may be sent once only"));
    }

    private static final Subscription NOTHING = new Subscription() {
        @Override
        public void request(long count) {
            // No data is sent: an error follows.
        }

        @Override
        public void cancel() {
            // Nothing was begun.
        }
    };
}
