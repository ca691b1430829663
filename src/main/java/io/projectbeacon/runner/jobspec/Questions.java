package io.projectbeacon.runner.jobspec;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads {@code questions}. */
final class Questions {

    private static final int MOST_CHARACTERS = 32_768;

    private Questions() {}

    /** The distinct questions, in order; null when the document has none. */
    static @Nullable List<String> read(Fields spec, int most) {
        Fields.Items items = spec.array("questions");
        if (items == null) {
            return null;
        }
        if (items.values().isEmpty()) {
            spec.fault("questions", "must hold at least one question; leave it out to ask the prompt");
            return null;
        }
        Set<String> questions = new LinkedHashSet<>();
        int repeated = 0;
        for (int index = 0; index < items.values().size(); index++) {
            JsonNode item = items.values().get(index);
            Pointer at = items.at().item(index);
            if (!item.isString()) {
                spec.findings().fault(at, "must be a string, not " + Quoted.value(item));
                continue;
            }
            check(item.stringValue(), at, spec.findings());
            checkLength(item.stringValue(), at, spec.findings());
            if (!questions.add(item.stringValue())) {
                repeated++;
            }
        }
        if (questions.size() > most) {
            spec.fault("questions", "names %d different questions; at most %d".formatted(questions.size(), most));
        }
        if (repeated > 0) {
            spec.findings().warn("questions: %d repeated entries were dropped".formatted(repeated));
        }
        return List.copyOf(questions);
    }

    /** Checks the rules that hold for a question and for a prompt. */
    static void check(String text, Pointer at, Findings findings) {
        if (text.isBlank()) {
            findings.fault(at, "must not be blank");
        }
        checkNoNul(text, at, findings);
    }

    static void checkNoNul(String text, Pointer at, Findings findings) {
        if (text.indexOf('\0') >= 0) {
            // PostgreSQL's text cannot hold it: the job would be accepted and its answers could never be stored.
            findings.fault(at, "must not contain the character U+0000");
        }
    }

    private static void checkLength(String text, Pointer at, Findings findings) {
        int length = Spelling.length(text);
        if (length > MOST_CHARACTERS) {
            findings.fault(at, "must have at most %d characters, not %d".formatted(MOST_CHARACTERS, length));
        }
    }
}
