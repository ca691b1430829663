package io.projectbeacon.runner.api;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.coyote.Request;
import org.apache.coyote.http11.Http11InputBuffer;
import org.apache.tomcat.util.buf.ByteChunk;
import org.apache.tomcat.util.http.MimeHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Finds in the head of a request, as it came, what a proxy in front may have understood otherwise, so that it would take
 * a part of one client's request for the beginning of another's: HTTP/0.9, lines that do not end in CRLF, folded headers,
 * and two ways to tell where the body ends. Tomcat takes the first three, and resolves the last.
 */
final class StrictHead {

    private final byte[] bytes;
    private final int end;
    private int lengths;
    private int encodings;

    private StrictHead(byte[] bytes, int end) {
        this.bytes = bytes;
        this.end = end;
    }

    /** What is wrong with the head; null when nothing is. The body has not been read yet. */
    static @Nullable String fault(Request request) {
        if (request.protocol().isNull() || request.protocol().toString().isEmpty()) {
            return "HTTP/0.9 is not spoken here.";
        }
        if (!(request.getInputBuffer() instanceof Http11InputBuffer input)) {
            return null;
        }
        StrictHead head = new StrictHead(
                input.getByteBuffer().array(), input.getByteBuffer().position());
        String fault = head.faultOfLines();
        if (fault == null) {
            fault = head.faultOfValues(request.getMimeHeaders());
        }
        return fault == null ? head.faultOfLength(request.protocol().toString()) : fault;
    }

    private @Nullable String faultOfLines() {
        int line = 0;
        for (int at = 0; at < end; at++) {
            if (bytes[at] == '\r' && (at + 1 == end || bytes[at + 1] != '\n')) {
                return "A CR stands alone.";
            }
            if (bytes[at] == '\n') {
                if (at == 0 || bytes[at - 1] != '\r') {
                    return "A line of the head does not end in CRLF.";
                }
                if (at + 1 < end && isSpace(bytes[at + 1])) {
                    return "A header is folded.";
                }
                count(line, at);
                line = at + 1;
            }
        }
        return null;
    }

    private void count(int line, int lineEnd) {
        int colon = line;
        while (colon < lineEnd && bytes[colon] != ':') {
            colon++;
        }
        switch (new String(bytes, line, colon - line, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT)) {
            case "content-length" -> lengths++;
            case "transfer-encoding" -> encodings++;
            default -> {}
        }
    }

    /**
     * Tomcat moves a value to the front of its line within the buffer, and a folded one over the line ends between, which may
     * be gone then. A folded value has a space in it, and leaves two bytes or more free behind it: its own last ones, or four
     * or more, if white space has been written over these. A value that is not folded looks like that only with a space in it
     * and with two spaces before it or three behind it. Clients do not send that; it is refused too.
     */
    private @Nullable String faultOfValues(MimeHeaders headers) {
        for (int header = 0; header < headers.size(); header++) {
            ByteChunk value = headers.getValue(header).getByteChunk();
            if (value.getBytes() == bytes && hasSpace(value.getStart(), value.getEnd())) {
                int free = lineEnd(value.getEnd()) - value.getEnd();
                if (free >= 4 || free >= 2 && !isBlank(value.getEnd(), free)) {
                    return "A header is folded, or has too much white space around it.";
                }
            }
        }
        return null;
    }

    private @Nullable String faultOfLength(String protocol) {
        if (lengths + encodings > 1) {
            return "The length of the body is given twice.";
        }
        return encodings > 0 && protocol.equals("HTTP/1.0") ? "HTTP/1.0 has no Transfer-Encoding." : null;
    }

    private boolean hasSpace(int from, int to) {
        return IntStream.range(from, to).anyMatch(at -> isSpace(bytes[at]));
    }

    private boolean isBlank(int from, int length) {
        return IntStream.range(from, from + length).allMatch(at -> isSpace(bytes[at]));
    }

    private int lineEnd(int from) {
        int at = from;
        while (at < end && bytes[at] != '\r') {
            at++;
        }
        return at;
    }

    private static boolean isSpace(byte character) {
        return character == ' ' || character == '\t';
    }
}
