package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.arrival.NoRoomException;
import io.projectbeacon.runner.intake.NoRoom;
import io.projectbeacon.runner.intake.ProblemException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * Splits a batch into its items, each as the bytes received: the items of a JSON array, or the lines of NDJSON.
 *
 * <p>An array is split by its strings, brackets and commas alone. Items are validated later, so an item that is not
 * JSON does not spoil its neighbours; only unmatched brackets and quotes do. It holds the bytes of one item at a time, and
 * little before the first has come: there may be many connections.
 */
final class BatchItems implements AutoCloseable {

    private static final int END = -1;
    private static final int READ_AHEAD = 2 * 1024;
    private static final int FIRST_STEP = 1024;

    private final InputStream in;
    private final int limit;
    private final boolean lines;
    private final MemoryShare share;
    private MemoryShare.Reservation memory;
    private boolean first = true;
    private boolean closed;
    private boolean over;

    /**
     * @param limit the most bytes of an item
     * @param share has the bytes of the item that was read last
     */
    BatchItems(InputStream in, int limit, boolean lines, MemoryShare share) {
        this.in = new BufferedInputStream(in, READ_AHEAD);
        this.limit = limit;
        this.lines = lines;
        this.share = share;
        this.memory = share.open();
    }

    /** @throws ProblemException when the body does not begin an array */
    BatchItems beginArray() throws IOException {
        if (readPastWhitespace() != '[') {
            throw malformed("The body must be a JSON array of JobSpecs, or NDJSON with its own content type.");
        }
        return this;
    }

    /**
     * An item, whose bytes the caller may hold until it asks for the next.
     *
     * @param bytes null when there is a problem
     * @param problem it is larger than the limit, or other requests take the memory that it needs
     */
    record Item(byte @Nullable [] bytes, @Nullable ProblemException problem) {}

    /**
     * The next item, or null after the last.
     *
     * @throws ProblemException when the array has no end, or text follows it
     */
    @Nullable
    Item next() throws IOException {
        memory.close();
        memory = share.open();
        return lines ? nextLine() : nextOfArray();
    }

    @Override
    public void close() {
        memory.close();
    }

    private @Nullable Item nextLine() throws IOException {
        while (true) {
            Buffer line = new Buffer();
            int c = in.read();
            if (c == END) {
                return null;
            }
            while (c != END && c != '\n') {
                line.add(c);
                c = in.read();
            }
            if (!line.isBlank()) {
                return line.item();
            }
        }
    }

    private @Nullable Item nextOfArray() throws IOException {
        if (over) {
            return null;
        }
        if (closed) {
            over = true;
            if (readPastWhitespace() != END) {
                throw malformed("Something follows the end of the array; what came before this was taken.");
            }
            return null;
        }
        Buffer item = new Buffer();
        int depth = 0;
        boolean text = false;
        while (true) {
            int c = in.read();
            if (c == END) {
                throw malformed("The array has no end; what came before this was taken.");
            }
            if (text) {
                item.add(c);
                if (c == '\\') {
                    item.add(in.read());
                } else if (c == '"') {
                    text = false;
                }
                continue;
            }
            if (depth == 0 && (c == ',' || c == ']')) {
                closed = c == ']';
                if (closed && first && item.isBlank()) {
                    return nextOfArray(); // An empty array.
                }
                first = false;
                return item.item();
            }
            switch (c) {
                case '"' -> text = true;
                case '{', '[' -> depth++;
                case '}', ']' -> depth--;
                default -> {}
            }
            item.add(c);
        }
    }

    private int readPastWhitespace() throws IOException {
        int c = in.read();
        while (isWhitespace(c)) {
            c = in.read();
        }
        return c;
    }

    private static boolean isWhitespace(int c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    private ProblemException malformed(String detail) {
        over = true;
        return new ProblemException(HttpStatus.BAD_REQUEST, detail);
    }

    /** The bytes read of an item; those of an item that has a problem are dropped. */
    private final class Buffer {

        private byte[] bytes = new byte[0];
        private int length;
        private @Nullable ProblemException problem;
        private boolean blank = true;

        void add(int c) {
            blank &= isWhitespace(c);
            if (problem == null && length == bytes.length) {
                grow();
            }
            if (problem == null) {
                bytes[length++] = (byte) c;
            }
        }

        private void grow() {
            if (length == limit) {
                problem = new ProblemException(
                        HttpStatus.CONTENT_TOO_LARGE,
                        "The item is larger than beacon.limits.body allows. Split the job, or raise the limit.");
                bytes = new byte[0];
                return;
            }
            int size = Math.min(limit, Math.max(FIRST_STEP, 2 * length));
            try {
                memory.grow(size, false, NoRoom.PATIENCE); // Batches that have begun would take what small bodies need.
                bytes = Arrays.copyOf(bytes, size);
            } catch (NoRoomException full) {
                problem = NoRoom.problem();
                bytes = new byte[0];
            }
        }

        boolean isBlank() {
            return blank;
        }

        Item item() {
            return problem == null ? new Item(Arrays.copyOf(bytes, length), null) : new Item(null, problem);
        }
    }
}
