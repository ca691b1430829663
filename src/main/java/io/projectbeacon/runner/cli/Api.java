package io.projectbeacon.runner.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/** The HTTP API, at {@code BEACON_URL} and with the key of {@code BEACON_KEY}. */
final class Api {

    static final String URL = "BEACON_URL";
    static final String KEY = "BEACON_KEY";
    static final String JOBS = "/api/v1/jobs";

    private static final String DEFAULT_URL = "http://127.0.0.1:8080";
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final int TRIES = 3;

    /** Nothing is lost by asking again after one of these: a gateway's words, and a service that has no room or no database. */
    private static final Set<Integer> PASSING = Set.of(502, 503, 504);

    /** Longer waits are left to the caller. */
    private static final long LONGEST_WAIT_SECONDS = 5;

    private final String base;
    private final String key;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    Api(Map<String, String> environment) {
        this.base = environment.getOrDefault(URL, DEFAULT_URL).strip().replaceAll("/+$", "");
        this.key = environment.getOrDefault(KEY, "").strip();
    }

    Reply get(String path) {
        return exchange(request(path).GET(), TRIES);
    }

    /** A request that may be sent twice: the second time it changes nothing. */
    Reply post(String path, byte[] body, String... headers) {
        HttpRequest.Builder request =
                request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofByteArray(body));
        return exchange(headers.length == 0 ? request : request.headers(headers), TRIES);
    }

    /** A request that does more when it is sent twice. */
    Reply postOnce(String path, byte[] body) {
        return exchange(
                request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofByteArray(body)), 1);
    }

    static String job(String id) {
        return JOBS + "/" + encoded(id);
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String path) {
        try {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create(base + path)).timeout(ANSWER);
            if (!key.isEmpty()) {
                request.header("Authorization", "Bearer " + key);
            }
            return request.header("Accept", "application/json, application/problem+json");
        } catch (IllegalArgumentException wrong) {
            // The message of a wrong header quotes its value, which is a key.
            throw new CommandException(
                    ExitCode.REFUSED,
                    "beacon: " + URL + " is not a URL such as " + DEFAULT_URL + ", or " + KEY
                            + " has characters that no key has.");
        }
    }

    private Reply exchange(HttpRequest.Builder builder, int tries) {
        HttpRequest request = builder.build();
        for (int attempt = 1; ; attempt++) {
            long wait = attempt;
            try {
                Reply reply = Reply.of(http.send(request, BodyHandlers.ofByteArray()));
                if (reply.isSuccess()) {
                    return reply;
                }
                if (attempt == tries || !PASSING.contains(reply.status())) {
                    throw Problem.of(reply);
                }
                wait = retryAfter(reply, attempt);
            } catch (IOException lost) {
                // Where nothing listens at the first try, nothing will a second later; in a restart, something may.
                if (attempt == tries || attempt == 1 && isNotConnected(lost)) {
                    throw notReachable(lost);
                }
            } catch (InterruptedException stopped) {
                throw interrupted();
            }
            pause(Duration.ofSeconds(wait));
        }
    }

    private static boolean isNotConnected(IOException failure) {
        return failure instanceof ConnectException || failure instanceof HttpConnectTimeoutException;
    }

    private static long retryAfter(Reply reply, long otherwise) {
        String seconds = reply.header("Retry-After");
        return seconds.matches("\\d{1,9}") ? Math.min(Long.parseLong(seconds), LONGEST_WAIT_SECONDS) : otherwise;
    }

    private CommandException notReachable(IOException failure) {
        String why = isNotConnected(failure) ? "nothing answers there" : "the answer was lost: " + failure.getMessage();
        return new CommandException(
                ExitCode.NOT_REACHABLE,
                "beacon: " + base + " cannot be reached (" + why + "). " + URL + " says where.");
    }

    static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException stopped) {
            throw interrupted();
        }
    }

    private static CommandException interrupted() {
        Thread.currentThread().interrupt();
        return new CommandException(ExitCode.NOT_REACHABLE, "beacon: interrupted.");
    }
}
