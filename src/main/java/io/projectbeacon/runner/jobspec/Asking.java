package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.ParameterNames;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a job's calls are made, beside their prompt or questions. The first versions knew nothing of it and took every
 * document that breaks only these rules; {@link Reading.Invalid#asBefore()} is for them.
 *
 * @param messages with the place of the question in them; null when the prompt or each question goes alone
 * @param parameters for all models; null when there are none
 * @param failOn what makes a paid answer a failure; distinct and sorted
 */
record Asking(@Nullable ArrayNode messages, @Nullable ObjectNode parameters, List<String> failOn) {

    static Asking read(
            Places places,
            Prompts.Prompt prompt,
            @Nullable List<String> questions,
            ModelTable models,
            ParameterNames names) {
        RefusedFields.find(places);
        UnreadInput.find(places, prompt);
        Asking asking = new Asking(
                Messages.read(places.spec(), prompt, questions),
                Parameters.read(places, names),
                FailOn.read(places.constraints()));
        Parameters.warnOfUnsent(models, names, places.spec().findings());
        IdleFields.find(places);
        return asking;
    }
}
