package io.projectbeacon.runner.inference;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Text that came from a provider, made safe to store and to show. */
final class ProviderText {

    private static final int MAX_MESSAGE = 500;

    private ProviderText() {}

    /**
     * The text with each lone surrogate, which cannot be encoded, and each U+0000, which PostgreSQL cannot store, escaped as
     * JSON would: as six characters, so that nothing is lost.
     */
    static String valid(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isBroken(text, i)) {
                return escaped(text);
            }
        }
        return text;
    }

    /** A message of at most 500 characters without control characters. */
    static String message(String text) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), MAX_MESSAGE));
        for (int i = 0; i < text.length() && line.length() < MAX_MESSAGE; i++) {
            char c = text.charAt(i);
            if (isBroken(text, i)) {
                line.append(escape(c));
            } else if (!Character.isISOControl(c)) {
                line.append(c);
            } else if (!line.isEmpty() && line.charAt(line.length() - 1) != ' ') {
                line.append(' ');
            }
        }
        return cut(line.toString(), MAX_MESSAGE).strip();
    }

    /** The beginning of a valid text, which ends before a pair of surrogates rather than within it. */
    static String cut(String text, int length) {
        int end = Math.min(text.length(), length);
        return text.substring(0, end > 0 && Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end);
    }

    /**
     * A node's text, whatever the node is: a string, a number where a string belongs, the joined parts of an array, the
     * {@code text} of a part; empty for null or a missing node.
     */
    static String of(@Nullable JsonNode node) {
        if (node == null || node.isNull()) {
            return "";
        }
        if (node.isArray()) {
            StringBuilder joined = new StringBuilder();
            node.forEach(part -> joined.append(of(part)));
            return joined.toString();
        }
        return node.isObject() ? of(node.get("text")) : node.asString();
    }

    /** A provider's error message, in any of the shapes in use, not yet made safe; null when there is none. */
    static @Nullable String errorOf(@Nullable JsonNode body) {
        if (body == null) {
            return null;
        }
        if (body.isArray()) {
            return errorOf(body.get(0)); // As Google's servers wrap an error.
        }
        if (!body.isObject()) {
            return null;
        }
        for (String name : new String[] {"error", "errors", "detail", "message", "msg", "error_message", "title"}) {
            String text = errorText(body.get(name));
            if (text != null) {
                return text;
            }
        }
        return null;
    }

    /** The text of an {@code error} itself: a text, an object with one, or a list of either; null when there is none. */
    static @Nullable String errorText(@Nullable JsonNode error) {
        if (error == null) {
            return null;
        }
        if (error.isArray()) {
            StringBuilder all = new StringBuilder();
            for (JsonNode item : error) {
                String text = errorText(item);
                if (text != null) {
                    all.append(all.isEmpty() ? "" : "; ").append(text);
                }
            }
            return all.isEmpty() ? null : all.toString();
        }
        if (error.isObject()) {
            for (String name : new String[] {"message", "msg", "detail", "error", "text", "description"}) {
                String text = errorText(error.get(name));
                if (text != null) {
                    return text;
                }
            }
            return null;
        }
        String text = of(error);
        return error.isBoolean() || text.isBlank() ? null : text;
    }

    private static String escaped(String text) {
        StringBuilder all = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isBroken(text, i)) {
                all.append(escape(c));
            } else {
                all.append(c);
            }
        }
        return all.toString();
    }

    private static String escape(char c) {
        return "\\u%04x".formatted((int) c);
    }

    private static boolean isBroken(String text, int at) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return at == 0 || !Character.isHighSurrogate(text.charAt(at - 1));
        }
        return c == 0;
    }
}
