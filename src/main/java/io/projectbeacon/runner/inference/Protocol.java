package io.projectbeacon.runner.inference;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a kind of provider is sent, and how its answers are read. */
interface Protocol {

    /**
     * What came with a body.
     *
     * @param retryAfter the wait that the provider asked for in a header, when it did
     */
    record Context(
            ExchangeResult.Reply reply,
            StatusTable statuses,
            @Nullable Duration retryAfter) {

        int status() {
            return reply.status();
        }

        @Nullable
        String header(String name) {
            return reply.headers().firstValue(name).orElse(null);
        }
    }

    /** What follows a region's base URL. */
    String path();

    ObjectNode body(InferenceRequest request);

    /**
     * Reads a body that came with a success status.
     *
     * @return null when it is not an answer of this protocol
     */
    @Nullable
    InferenceResult read(JsonNode body, Context context);
}
