package io.projectbeacon.runner.arrival;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.WebUtils;

/** A request with a body: its bytes are waited for as long as they may take, and what they take is given back at its end. */
public final class ArrivingRequest extends HttpServletRequestWrapper implements AutoCloseable {

    /** More of a body is not read only to be thrown away: Tomcat closes the connection instead. */
    private static final long MOST_DISCARDED = 64L * 1024 * 1024;

    /** What a request whose body comes holds beside it: the buffers of its connection, its thread, what is noted of it. */
    private static final int UNDER_WAY = 48 * 1024;

    private static final String LEFT = ArrivingRequest.class.getName() + ".left";
    private static final String CUT_OFF = ArrivingRequest.class.getName() + ".cutOff";

    private final Arrival arrival;
    private final MemoryShare.Reservation underWay;
    private final MemoryShare.Reservation body;
    private final MemoryShare.Reservation reading;
    private final Semaphore discarding;
    private final Runnable done;
    private @Nullable ServletInputStream in;

    ArrivingRequest(
            HttpServletRequest request, Arrival arrival, MemoryBudget budget, Semaphore discarding, Runnable done) {
        super(request);
        this.arrival = arrival;
        this.underWay = budget.arriving().open();
        this.body = budget.arriving().open();
        this.reading = budget.reading().open();
        this.discarding = discarding;
        this.done = done;
    }

    /** Whether a body comes, or has come, with the request. */
    public static boolean hasBody(HttpServletRequest request) {
        return request.getContentLengthLong() > 0 || request.getHeader("Transfer-Encoding") != null;
    }

    /** Whether the rest of the request's body is left where it is, since others' are being read to be thrown away. */
    public static boolean isLeft(ServletRequest request) {
        return request.getAttribute(LEFT) != null;
    }

    /** Why the service no longer waits for the request's body; null when it does, or the body is there. */
    public static CutOffException.@Nullable Reason cutOff(HttpServletRequest request) {
        return (CutOffException.Reason) request.getAttribute(CUT_OFF);
    }

    /** @throws IllegalStateException when the request has not come through {@link Arrivals} */
    public static ArrivingRequest of(HttpServletRequest request) {
        ArrivingRequest arriving = WebUtils.getNativeRequest(request, ArrivingRequest.class);
        if (arriving == null) {
            throw new IllegalStateException("a request with a body has come past the filter");
        }
        return arriving;
    }

    /**
     * Reserves what it holds while its body comes, if it has one.
     *
     * @throws NoRoomException when other requests hold it
     */
    public void admit(Duration patience) {
        long length = getContentLengthLong();
        if (hasBody(this)) {
            underWay.grow(UNDER_WAY, length > 0 && length <= MemoryBudget.SMALL_BODY, patience);
        }
    }

    /** What its body holds, until the request is answered. */
    public MemoryShare.Reservation body() {
        return body;
    }

    /** What its body becomes when it is read. */
    public MemoryShare.Reservation reading() {
        return reading;
    }

    /** Lets the body come for as long as it likes, without long pauses. */
    public void becomeStream() {
        arrival.becomeStream();
    }

    @Override
    public ServletInputStream getInputStream() throws IOException {
        if (in == null) {
            in = new ArrivingStream(super.getInputStream(), arrival, reason -> setAttribute(CUT_OFF, reason));
        }
        return in;
    }

    @Override
    public BufferedReader getReader() throws IOException {
        return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
    }

    /**
     * Reads what is left of a body that was not wanted, so that its sender gets to see the answer. Tomcat would do it, but
     * wait for each byte as long as for the first.
     */
    private void discardRest() {
        boolean unasked = getHeader("Expect") != null; // Its sender waits for the answer before it sends.
        if (unasked || getContentLengthLong() > MOST_DISCARDED) {
            return;
        }
        try {
            ServletInputStream rest = getInputStream();
            if (!rest.isFinished()) {
                discard(rest);
            }
        } catch (IOException | IllegalStateException gone) {
            // The client sends no more, or another reader has had the body.
        }
    }

    private void discard(ServletInputStream rest) throws IOException {
        if (!discarding.tryAcquire()) {
            setAttribute(LEFT, true);
            return;
        }
        arrival.becomeUnwanted();
        try {
            byte[] discarded = new byte[4096];
            long left = MOST_DISCARDED;
            while (left > 0 && !rest.isFinished()) {
                int bytes = rest.read(discarded);
                left -= bytes < 0 ? left : bytes;
            }
        } finally {
            discarding.release();
        }
    }

    @Override
    public void close() {
        try {
            body.close();
            reading.close();
            discardRest();
        } finally {
            underWay.close();
            done.run();
        }
    }
}
