package io.projectbeacon.runner.api;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * One listener. The thread that tells it something writes as much as its connection takes, and the rest is written when Tomcat says
 * that the connection takes more: no thread waits for it, and none of the other listeners does.
 */
final class EventStream implements WriteListener, AsyncListener {

    /** So much is written at a time: Tomcat keeps a copy of what the connection does not take. */
    private static final int PIECE = 4 * 1024;

    /** A listener that takes nothing is told so much more. Then its stream ends, and it may come again with its last id. */
    static final int MOST_BEHIND = 16;

    private final AsyncContext async;
    private final ServletOutputStream out;
    private final Consumer<EventStream> onEnd;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<EventFrame> frames = new ArrayDeque<>(1);
    private int sent;
    private boolean unflushed;
    private boolean ending;
    private boolean closed;
    private long lastTold = System.nanoTime();

    /** @param onEnd is told once that the listener is gone */
    EventStream(AsyncContext async, Consumer<EventStream> onEnd) throws IOException {
        this.async = async;
        this.out = async.getResponse().getOutputStream();
        this.onEnd = onEnd;
    }

    /** From now on Tomcat says when the connection takes bytes. */
    void begin() {
        async.addListener(this);
        out.setWriteListener(this);
    }

    void tell(EventFrame frame) {
        lock.lock();
        try {
            if (closed || ending) {
                return;
            }
            if (frames.size() >= MOST_BEHIND) {
                drop();
                complete();
                return;
            }
            frame.retain();
            frames.add(frame);
            lastTold = System.nanoTime();
            write();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the stream once all that was told has been written. */
    void end() {
        lock.lock();
        try {
            ending = true;
            write();
        } finally {
            lock.unlock();
        }
    }

    /** Whether it is told nothing more. */
    boolean isOver() {
        lock.lock();
        try {
            return closed || ending;
        } finally {
            lock.unlock();
        }
    }

    boolean isSilentSince(long nanos) {
        lock.lock();
        try {
            return lastTold - nanos <= 0;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onWritePossible() {
        lock.lock();
        try {
            write();
        } finally {
            lock.unlock();
        }
    }

    /** Where the connection takes no more, Tomcat calls {@link #onWritePossible} once it does. */
    private void write() {
        try {
            while (!closed && out.isReady()) {
                EventFrame frame = frames.peek();
                if (frame != null) {
                    int piece = Math.min(PIECE, frame.bytes().length - sent);
                    out.write(frame.bytes(), sent, piece);
                    sent += piece;
                    unflushed = true;
                    if (sent == frame.bytes().length) {
                        frames.remove().release();
                        sent = 0;
                    }
                } else if (unflushed) {
                    unflushed = false;
                    out.flush();
                } else {
                    if (ending) {
                        complete();
                    }
                    return;
                }
            }
        } catch (IOException gone) {
            closed = true; // Tomcat calls onError, which completes the request.
            drop();
        }
    }

    private void complete() {
        closed = true;
        try {
            async.complete();
        } catch (IllegalStateException completed) {
            // The client has gone in the same moment.
        }
    }

    private void close() {
        lock.lock();
        try {
            closed = true;
            drop();
        } finally {
            lock.unlock();
        }
    }

    private void drop() {
        frames.forEach(EventFrame::release);
        frames.clear();
    }

    @Override
    public void onError(Throwable failure) {
        close();
    }

    @Override
    public void onError(AsyncEvent event) {
        onError(event.getThrowable());
        complete();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
        complete();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        // It is started once.
    }

    @Override
    public void onComplete(AsyncEvent event) {
        close();
        onEnd.accept(this);
    }
}
