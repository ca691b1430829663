package io.projectbeacon.runner.execution;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A cell's answers, in the order of its questions. Those that its row has are not kept in memory, since a hundred questions may
 * have been answered with megabytes: what is written is put behind them.
 *
 * @param stored how many the row has
 * @param storedMarks what a reader should know of those, each mark once
 * @param fresh those that come after them
 */
record Answers(int stored, List<String> storedMarks, List<JsonNode> fresh) {

    static final Answers NONE = new Answers(0, List.of(), List.of());

    Answers {
        storedMarks = List.copyOf(storedMarks);
        fresh = List.copyOf(fresh);
    }

    /** @param marks joined by commas; null when there are none */
    static Answers stored(int count, @Nullable String marks) {
        return count == 0 ? NONE : new Answers(count, marks == null ? List.of() : split(marks), List.of());
    }

    /** Answers of a cell whose row has none. */
    static Answers fresh(List<JsonNode> answers) {
        return new Answers(0, List.of(), answers);
    }

    private static List<String> split(String marks) {
        return Arrays.asList(marks.split(",", -1));
    }

    int count() {
        return stored + fresh.size();
    }

    Answers and(JsonNode next) {
        List<JsonNode> more = new ArrayList<>(fresh);
        more.add(next);
        return new Answers(stored, storedMarks, more);
    }

    /** The same answers after the row has taken those that came. */
    Answers durable() {
        return new Answers(count(), marks(), List.of());
    }

    /** Those that the row has. */
    Answers withoutFresh() {
        return new Answers(stored, storedMarks, List.of());
    }

    /** The marks of all answers, each once. */
    List<String> marks() {
        return Stream.concat(
                        storedMarks.stream(),
                        fresh.stream()
                                .flatMap(answer -> answer.path("flagged").valueStream())
                                .map(JsonNode::asString))
                .distinct()
                .toList();
    }
}
