package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.AnswerFlag;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads {@code constraints.fail_on}: what makes a paid answer a failure. */
final class FailOn {

    private static final Set<String> WORDS = EnumSet.complementOf(EnumSet.of(AnswerFlag.UNKNOWN_FINISH_REASON)).stream()
            .map(AnswerFlag::wireName)
            .collect(Collectors.toUnmodifiableSet());

    private FailOn() {}

    /** The distinct words, sorted; empty when there are none. */
    static List<String> read(@Nullable Fields constraints) {
        Fields.Items items = constraints == null ? null : constraints.array("fail_on");
        if (constraints == null || items == null) {
            return List.of();
        }
        SortedSet<String> words = new TreeSet<>();
        for (int index = 0; index < items.values().size(); index++) {
            JsonNode item = items.values().get(index);
            if (item.isString() && WORDS.contains(item.stringValue())) {
                words.add(item.stringValue());
            } else {
                constraints
                        .findings()
                        .fault(
                                items.at().item(index),
                                "must be length, content_filter, refusal, empty or tool_calls, not "
                                        + Quoted.value(item));
            }
        }
        return List.copyOf(words);
    }
}
