package io.projectbeacon.runner.inference;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a kind of provider wants to hear, and how it answers. */
interface Protocol {

    /** What follows a region's base URL. */
    String path();

    ObjectNode body(InferenceRequest request);

    /**
     * Reads a body that came with a success status.
     *
     * @param retryAfter what the provider asked for in its header, when it did
     */
    InferenceResult read(JsonNode body, int status, @Nullable Duration retryAfter);
}
