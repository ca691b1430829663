package io.projectbeacon.runner.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An idempotency key: {@code {job}/{region}/{model}/{question}}, then {@code /{tag}} for a job that has one, then
 * {@code /r{n}} once keys of this question were given up.
 *
 * @param question the question's index in its cell, from 0
 * @param tag of the job, the same in all its keys
 * @param givenUp how many keys of this question were given up before this one
 */
record Key(
        String text, CellName cell, int question, @Nullable String tag, int givenUp) {

    private static final Pattern FORM =
            Pattern.compile("([^/]+)/([^/]+)/([^/]+)/([0-9]+)(?:/([0-9a-f]{16}))?(?:/r([1-9][0-9]*))?");

    static Key of(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not a key of a call of this suite, whose names are short: " + text);
        }
        return new Key(
                text,
                new CellName(decoded(parts.group(1)), decoded(parts.group(2)), decoded(parts.group(3))),
                Integer.parseInt(parts.group(4)),
                parts.group(5),
                parts.group(6) == null ? 0 : Integer.parseInt(parts.group(6)));
    }

    /** The same in each storm of a seed, whatever tag the job has drawn. */
    String withoutTag() {
        return cell + "/" + question + "/" + givenUp;
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), UTF_8);
    }
}
