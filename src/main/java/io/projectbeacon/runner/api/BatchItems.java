package io.projectbeacon.runner.api;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * Splits a batch into its items, each as the bytes received: the items of a JSON array, or the lines of NDJSON.
 *
 * <p>An array is split by its strings, brackets and commas alone. Items are validated later, so an item that is not
 * JSON does not spoil its neighbours; only unmatched brackets and quotes do.
 */
final class BatchItems {

    private static final int END = -1;

    private final InputStream in;
    private final int limit;
    private final boolean lines;
    private boolean first = true;
    private boolean closed;
    private boolean over;

    /** @param limit the most bytes of an item */
    BatchItems(InputStream in, int limit, boolean lines) {
        this.in = new BufferedInputStream(in, 1 << 16);
        this.limit = limit;
        this.lines = lines;
    }

    /** @throws ProblemException when the body does not begin an array */
    BatchItems beginArray() throws IOException {
        if (readPastWhitespace() != '[') {
            throw malformed("The body must be a JSON array of JobSpecs, or NDJSON with its own content type.");
        }
        return this;
    }

    /** An item; {@code bytes} is null when it is larger than the limit. */
    record Item(byte @Nullable [] bytes) {}

    /**
     * The next item, or null after the last.
     *
     * @throws ProblemException when the array has no end, or text follows it
     */
    @Nullable
    Item next() throws IOException {
        return lines ? nextLine() : nextOfArray();
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

    /** The bytes read of an item; bytes past the limit are dropped. */
    private final class Buffer {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean tooLarge;
        private boolean blank = true;

        void add(int c) {
            blank &= isWhitespace(c);
            if (bytes.size() == limit) {
                tooLarge = true;
            } else {
                bytes.write(c);
            }
        }

        boolean isBlank() {
            return blank;
        }

        Item item() {
            return new Item(tooLarge ? null : bytes.toByteArray());
        }
    }
}
