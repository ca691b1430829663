package io.projectbeacon.runner.chaos;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An HTTP client that neither retries nor throws: a runner that does not answer gives status 0. */
final class Http {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();

    record Reply(int status, String body) {

        JsonNode json() {
            return JsonMapper.shared().readTree(body);
        }
    }

    private Http() {}

    static Reply get(String url) {
        return send(HttpRequest.newBuilder(URI.create(url)), PATIENCE);
    }

    static Reply get(String url, Duration patience) {
        return send(HttpRequest.newBuilder(URI.create(url)), patience);
    }

    static Reply post(String url, String body) {
        return send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body)),
                PATIENCE);
    }

    private static Reply send(HttpRequest.Builder request, Duration patience) {
        try {
            var response = CLIENT.send(request.timeout(patience).build(), BodyHandlers.ofString());
            return new Reply(response.statusCode(), response.body());
        } catch (IOException nobodyThere) {
            return new Reply(0, nobodyThere.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Reply(0, "");
        }
    }
}
