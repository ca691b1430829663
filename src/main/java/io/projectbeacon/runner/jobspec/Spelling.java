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

    /**
     * Whether a name is another one than it looks: it has a character that does not show, such as a mark of direction or a
     * separator of lines, or it is a step in the path of a URL.
     */
    public static boolean isMisleading(String name) {
        return name.equals(".") || name.equals("..") || name.codePoints().anyMatch(Spelling::isHidden);
    }

    private static boolean isHidden(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }

    /** The number of characters as a person counts them: code points, not UTF-16 units. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
