package io.projectbeacon.runner.domain;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is to be done for one cell.
 *
 * @param model the JobSpec's entry for the model, with every field that the client gave it
 * @param questions asked in order, one call each; never empty
 * @param failOn what makes a paid answer a failure, as the job asked
 */
public record CellWork(
        String region,
        String modelId,
        ObjectNode model,
        List<String> questions,
        @Nullable Integer maxTokens,
        Set<AnswerFlag> failOn) {

    public CellWork {
        questions = List.copyOf(questions);
        failOn = Set.copyOf(failOn);
        if (questions.isEmpty()) {
            throw new IllegalArgumentException("a cell must have a question: " + region + "/" + modelId);
        }
    }
}
