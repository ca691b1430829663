package io.projectbeacon.runner.jobspec;

import java.text.Normalizer;

/** The one spelling in which names are compared. */
public final class Names {

    private static final int NEXT_LINE = 0x85;

    private Names() {}

    /** The name without white space around it, in Unicode NFC. */
    public static String clean(String name) {
        int begin = 0;
        int end = name.length();
        while (begin < end && isSpace(name.codePointAt(begin))) {
            begin += Character.charCount(name.codePointAt(begin));
        }
        while (end > begin && isSpace(name.codePointBefore(end))) {
            end -= Character.charCount(name.codePointBefore(end));
        }
        return Normalizer.normalize(name.substring(begin, end), Normalizer.Form.NFC);
    }

    /** As other languages have it: spaces that do not break a line, which {@link String#strip} leaves, are white too. */
    private static boolean isSpace(int character) {
        return Character.isWhitespace(character) || Character.isSpaceChar(character) || character == NEXT_LINE;
    }

    /** How many characters a person would say it has: code points, not UTF-16 units. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
