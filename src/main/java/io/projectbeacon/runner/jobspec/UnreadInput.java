package io.projectbeacon.runner.jobspec;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Finds what a client may have meant as the input of its calls, where it is not read. A job that would ask something
 * else instead is refused, because its answers would be paid for and be of no use.
 */
final class UnreadInput {

    private static final String RULE = "is not read, and no prompt is there: what is asked stands in prompt,"
            + " benchmark.input.data.prompt, messages or questions";
    private static final int MOST_NAMED = 10;

    /** The names of texts. */
    private static final Set<String> TEXTS = Set.of(
            "input", "prompt", "prompts", "question", "questions", "message", "messages", "system", "text", "query");

    private static final Set<String> AT_THE_TOP =
            Set.of("input", "prompts", "question", "message", "text", "query", "data");

    /** A benchmark's input is looked into. */
    private static final Set<String> OF_BENCHMARK =
            Set.of("prompt", "prompts", "question", "questions", "message", "messages", "system", "text", "query");

    private static final Set<String> OF_INPUT = Set.of("type", "hash", "max_tokens", "data");
    private static final Set<String> OF_DATA = Set.of("prompt", "max_tokens");

    private UnreadInput() {}

    /** Looks for it, and tells when the document has no input at all. */
    static void find(Places places, Prompts.Prompt prompt) {
        Fields spec = places.spec();
        boolean asked = !prompt.isDefault() || spec.has("messages") || spec.has("questions");
        List<Pointer> unread = new ArrayList<>();
        if (!asked) {
            collect(places.wrapper(), TEXTS, unread); // Otherwise the envelope has told of them.
        }
        collect(spec, AT_THE_TOP, unread);
        collect(places.benchmark(), OF_BENCHMARK, unread);
        collectOthers(places.input(), OF_INPUT, asked, unread);
        collectOthers(places.data(), OF_DATA, asked, unread);
        places.models().forEach(model -> collect(model, TEXTS, unread));
        if (!asked) {
            unread.forEach(at -> spec.findings().fault(at, RULE));
        } else if (!unread.isEmpty()) {
            spec.findings().warn("not read, since it is not asked: " + Quoted.places(unread, MOST_NAMED));
        }
        if (!asked && unread.isEmpty() && !spec.has("system")) {
            spec.findings()
                    .warn("no prompt, messages or questions are there; the default prompt is asked: "
                            + Quoted.text(prompt.text()));
        }
    }

    /** Whether a model's field of this name is told of here. */
    static boolean covers(String name) {
        return TEXTS.contains(name);
    }

    /** Whether a value asks for nothing. */
    static boolean isNothing(JsonNode value) {
        return value.isNull()
                || (value.isContainer() && value.isEmpty())
                || (value.isString() && value.stringValue().isBlank());
    }

    private static void collect(@Nullable Fields place, Set<String> names, List<Pointer> unread) {
        if (place != null) {
            place.object().forEachEntry((name, value) -> {
                if (names.contains(name) && !isNothing(value)) {
                    unread.add(place.at(name));
                }
            });
        }
    }

    /** Beside a prompt that is read, further fields are no more than unknown, unless they have a text's name. */
    private static void collectOthers(@Nullable Fields place, Set<String> known, boolean asked, List<Pointer> unread) {
        if (place != null) {
            place.object().forEachEntry((name, value) -> {
                if (!known.contains(name) && (!asked || TEXTS.contains(name)) && !isNothing(value)) {
                    unread.add(place.at(name));
                }
            });
        }
    }
}
