package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** How an attempt ended, as far as its run saw. */
sealed interface AttemptEnd {

    /** What had been answered by then, in the order of the questions. */
    List<JsonNode> answers();

    /** Every question is answered. */
    record Completed(List<JsonNode> answers) implements AttemptEnd {}

    /** The provider did not run the call, or refused it. */
    record Failed(List<JsonNode> answers, Failure failure, boolean retryable) implements AttemptEnd {}

    /** The call was sent and its end was not seen. */
    record Unknown(List<JsonNode> answers, Failure failure) implements AttemptEnd {}

    /** The database refuses the answer: a row that says so is better than a cell that is called for ever. */
    static AttemptEnd notStorable() {
        return new Failed(List.of(), new FinalFailure("not_storable", "The database refused the answer", null), false);
    }
}
