package io.projectbeacon.runner.intake;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.springframework.http.HttpStatus;

/**
 * Reads a request's body as received, up to the limit. What it takes grows with what has come: a client that announces much
 * and sends little holds little.
 */
public class RequestBodies {

    private static final int FIRST_STEP = 4 * 1024;

    private final int limit;

    /** @param limit the bytes of the largest body ({@code beacon.limits.body}) */
    public RequestBodies(int limit) {
        this.limit = limit;
    }

    public byte[] read(HttpServletRequest request) throws IOException {
        if (request.getContentLengthLong() > limit) {
            throw tooLarge();
        }
        byte[] body = begin(request, limit + 1L);
        if (body.length > limit) {
            throw tooLarge();
        }
        return body;
    }

    /** The body, or its begin of that length; the request holds the memory for it until it is answered. */
    public byte[] begin(HttpServletRequest request, long mostRead) throws IOException {
        MemoryShare.Reservation memory = ArrivingRequest.of(request).body();
        InputStream in = request.getInputStream();
        long announced = request.getContentLengthLong();
        long most = announced < 0 ? mostRead : Math.min(mostRead, announced);
        // The begin of a large body is as large as a small one, and takes none of the memory kept for those.
        boolean small = announced >= 0 && announced <= MemoryBudget.SMALL_BODY;
        byte[] bytes = new byte[0];
        int length = 0;
        while (length < most) {
            if (length == bytes.length) {
                bytes = larger(bytes, most, small, memory);
            }
            int more = in.read(bytes, length, bytes.length - length);
            if (more < 0) {
                break;
            }
            length += more;
        }
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private static byte[] larger(byte[] bytes, long most, boolean small, MemoryShare.Reservation memory) {
        int size = Math.toIntExact(Math.min(most, Math.max(FIRST_STEP, 2L * bytes.length)));
        memory.grow(size, small, NoRoom.PATIENCE);
        return Arrays.copyOf(bytes, size);
    }

    private ProblemException tooLarge() {
        return new ProblemException(
                HttpStatus.CONTENT_TOO_LARGE,
                "The body is larger than " + limit + " bytes (beacon.limits.body). Split the job, or raise the limit.");
    }
}
