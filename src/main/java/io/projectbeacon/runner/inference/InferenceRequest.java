package io.projectbeacon.runner.inference;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One question to one model in one region.
 *
 * @param jobspecId the job's name, with its caller
 * @param region the region's own name, never an alias
 * @param modelId the model that is asked, always the cell's own
 * @param messages what the model is told, the question in it, in the form of OpenAI's chat completions
 * @param question the prompt, or one of the JobSpec's questions, as it is recorded with the answer
 * @param questionNumber the question's index in the cell, from 0
 * @param keyTag tells the job's keys from those of another job of its id; null for a job from before there were tags
 * @param keyNumber how often the question's key has been given up
 * @param parameters what goes with the messages, by its name in the body; only names that are allowed
 */
public record InferenceRequest(
        String jobspecId,
        String region,
        String modelId,
        ArrayNode messages,
        String question,
        int questionNumber,
        @Nullable String keyTag,
        int keyNumber,
        ObjectNode parameters) {}
