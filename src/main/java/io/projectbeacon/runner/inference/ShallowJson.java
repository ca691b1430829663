package io.projectbeacon.runner.inference;

/**
 * Cuts what is nested too deeply out of a JSON text, before it is parsed: nothing of use stands there, and a parser spends a
 * hundred bytes on each bracket, and readers of its tree a frame of their stack.
 */
final class ShallowJson {

    private static final int MOST_DEPTH = 200;

    private ShallowJson() {}

    /** The text, with {@code null} in place of each array and object deeper than 200; itself when there is none. */
    static String of(String text) {
        StringBuilder shallow = null;
        int depth = 0;
        int kept = 0;
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                if (c == '\\') {
                    i++;
                } else if (c == '"') {
                    quoted = false;
                }
            } else if (c == '"') {
                quoted = true;
            } else if ((c == '[' || c == '{') && ++depth == MOST_DEPTH + 1) {
                shallow = shallow == null ? new StringBuilder() : shallow;
                shallow.append(text, kept, i).append("null");
                kept = text.length();
            } else if ((c == ']' || c == '}') && depth-- == MOST_DEPTH + 1) {
                kept = i + 1;
            }
        }
        return shallow == null
                ? text
                : shallow.append(text, kept, text.length()).toString();
    }
}
