package io.projectbeacon.runner.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** A runner by HTTP: as plain as can be, since this takes time of the same processors. */
record Api(String base) {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(URI.create(base + path)));
    }

    /** Sends a job, or a batch of them, and checks that all of it is accepted. */
    void submit(String body, boolean batch) {
        HttpResponse<String> answer =
                send(HttpRequest.newBuilder(URI.create(base + (batch ? "/api/v1/jobs:batch" : "/api/v1/jobs")))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)));
        boolean taken = batch
                ? answer.statusCode() == 207 && !answer.body().contains("\"problem\"")
                : answer.statusCode() == 202 || answer.statusCode() == 200;
        if (!taken) {
            throw new IllegalStateException("a POST was answered with " + answer.statusCode() + ": " + answer.body());
        }
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
