package io.projectbeacon.runner.inference;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The request that a kind of provider expects, and how its answer is read. */
interface Protocol {

    /** The path that follows a region's base URL. */
    String path();

    ObjectNode body(InferenceRequest request);

    /**
     * Reads a body that came with a success status.
     *
     * @param retryAfter how long the provider asked to wait in its {@code Retry-After} header, when it did
     */
    InferenceResult read(JsonNode body, int status, @Nullable Duration retryAfter);
}
