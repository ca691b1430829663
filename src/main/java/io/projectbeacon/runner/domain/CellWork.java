package io.projectbeacon.runner.domain;

import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is to be done for one cell. All cells of a job share its texts and trees, of which
 * there is one copy however many cells it has, and which must not be changed.
 *
 * @param conversation what the model is told in each call
 * @param questions asked in order, one call each; never empty
 * @param parameters what goes with each call, by the provider's names; only names on the list
 * @param failOn what makes a paid answer a failure, as the job asked
 */
public record CellWork(
        String region,
        String modelId,
        Conversation conversation,
        List<String> questions,
        ObjectNode parameters,
        Set<AnswerFlag> failOn) {

    public CellWork {
        questions = List.copyOf(questions);
        failOn = Set.copyOf(failOn);
        if (questions.isEmpty()) {
            throw new IllegalArgumentException("a cell must have a question: " + region + "/" + modelId);
        }
    }

    /** How many characters its longest call tells the model, about. */
    public long characters() {
        int longest = questions.stream().mapToInt(String::length).max().orElseThrow();
        return conversation.characters(longest) + JsonSize.of(parameters);
    }
}
