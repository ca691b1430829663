package io.projectbeacon.runner.jobspec;

/**
 * Counts the values of a document before any of them is built, by its brackets, commas and quotes alone: three bytes of a
 * body can become a hundred of a tree. Of a document that is not JSON it counts what a parser could have built at most.
 */
public final class NodeCount {

    private static final byte[] KINDS = new byte[256];
    private static final byte BLANK = 1;
    private static final byte OPENING = 2;
    private static final byte CLOSING = 3;
    private static final byte COMMA = 4;
    private static final byte QUOTE = 5;

    static {
        " \t\r\n".chars().forEach(c -> KINDS[c] = BLANK);
        "[{".chars().forEach(c -> KINDS[c] = OPENING);
        "]}".chars().forEach(c -> KINDS[c] = CLOSING);
        KINDS[','] = COMMA;
        KINDS['"'] = QUOTE;
    }

    private NodeCount() {}

    /** How many values the document has: each object, array, string, number, true, false and null. */
    public static int of(byte[] body) {
        return scan(body, Integer.MAX_VALUE, false);
    }

    /** Where the first value stands that is one too many, or -1. */
    static int firstPast(byte[] body, int most) {
        return scan(body, most, true);
    }

    /** A value begins at the first byte after an opening bracket or a comma; that of a field is counted at its name. */
    private static int scan(byte[] body, int most, boolean where) {
        int nodes = 0;
        boolean awaited = true;
        for (int at = 0; at < body.length; at++) {
            byte kind = KINDS[body[at] & 0xFF];
            if (kind == BLANK) {
                continue;
            }
            if (awaited && kind != CLOSING) {
                if (nodes == most) {
                    return at;
                }
                nodes++;
            }
            awaited = kind == OPENING || kind == COMMA;
            if (kind == QUOTE) {
                at = endOfText(body, at);
            }
        }
        return where ? -1 : nodes;
    }

    private static int endOfText(byte[] body, int quote) {
        int at = quote + 1;
        while (at < body.length && body[at] != '"') {
            at += body[at] == '\\' ? 2 : 1;
        }
        return at;
    }
}
