package io.projectbeacon.runner.jobspec;

import java.text.Normalizer;

/** Brings names to the one spelling in which they are compared. */
public final class Spelling {

    private static final int NEXT_LINE = 0x85;

    private Spelling() {}

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

    /** White space as other languages define it: it includes no-break spaces, which {@link String#strip} leaves. */
    private static boolean isSpace(int character) {
        return Character.isWhitespace(character) || Character.isSpaceChar(character) || character == NEXT_LINE;
    }

    /** The number of characters as a person counts them: code points, not UTF-16 units. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
