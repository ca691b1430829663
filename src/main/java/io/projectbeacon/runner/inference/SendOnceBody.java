package io.projectbeacon.runner.inference;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * A request's body that can leave this process once. The JDK's client asks for the body after it has connected and
 * written the head; so as long as it has not asked, no server can have run the request, whatever went wrong. A client
 * that asks again (its own retry on a dropped connection, a system property, a later JDK) is refused. Nor does it leave this
 * process while no call may begin, which is asked in that very moment: a connection may have taken seconds to make.
 */
final class SendOnceBody implements BodyPublisher {

    private enum State {
        NEW,
        SENT,
        WITHDRAWN
    }

    /** The region was paused before the call was sent. */
    static final class PausedException extends IOException {

        private static final long serialVersionUID = 1L;

        PausedException() {
            super("the region is paused");
        }
    }

    private final BodyPublisher bytes;
    private final BooleanSupplier mayBegin;
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);

    /** @param mayBegin whether a call may begin now */
    SendOnceBody(byte[] bytes, BooleanSupplier mayBegin) {
        this.mayBegin = mayBegin;
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
        if (!mayBegin.getAsBoolean() && withdraw()) {
            refuse(subscriber, new PausedException());
        } else if (state.compareAndSet(State.NEW, State.SENT)) {
            bytes.subscribe(subscriber);
        } else {
            refuse(subscriber, new IOException("the request may be sent once only"));
        }
    }

    private static void refuse(Subscriber<? super ByteBuffer> subscriber, IOException why) {
        subscriber.onSubscribe(NOTHING);
        subscriber.onError(why);
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
