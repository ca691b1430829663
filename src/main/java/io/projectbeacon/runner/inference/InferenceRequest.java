package io.projectbeacon.runner.inference;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One question to one model in one region.
 *
 * @param jobspecId the client's id of the job
 * @param region the region's own name, never an alias
 * @param modelId the model that is asked, always the cell's own
 * @param model the JobSpec's entry for the model, with the fields that the client gave it beside the id
 * @param question the prompt, or one of the JobSpec's questions
 * @param questionNumber the question's index in the cell, from 0
 * @param definiteFailures how many earlier calls for this cell ended in a definite failure
 * @param maxTokens the JobSpec's {@code benchmark.input.data.max_tokens}, when it has one
 */
public record InferenceRequest(
        String jobspecId,
        String region,
        String modelId,
        ObjectNode model,
        String question,
        int questionNumber,
        int definiteFailures,
        @Nullable Integer maxTokens) {}
