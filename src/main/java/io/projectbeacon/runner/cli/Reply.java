package io.projectbeacon.runner.cli;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An answer of the API. */
record Reply(URI uri, int status, HttpHeaders headers, byte[] body) {

    private static final JsonMapper JSON = new JsonMapper();

    static Reply of(HttpResponse<byte[]> response) {
        return new Reply(response.uri(), response.statusCode(), response.headers(), response.body());
    }

    boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    String header(String name) {
        return headers.firstValue(name).orElse("");
    }

    /** @throws CommandException when it is no JSON object: something else answers at this URL */
    JsonNode json() {
        try {
            JsonNode document = JSON.readTree(body);
            if (document.isObject()) {
                return document;
            }
        } catch (JacksonException notJson) {
            // Said below.
        }
        throw new CommandException(
                ExitCode.NOT_REACHABLE,
                "What answers at " + uri + " is not Beacon Runner: status " + status + ", and no JSON object.");
    }
}
