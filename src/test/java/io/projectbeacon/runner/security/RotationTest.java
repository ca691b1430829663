package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.security.Keys.Key;
import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys are changed while requests come: none is refused that should pass, none passes that should be refused. */
class RotationTest {

    private static final int ROUNDS = 12;
    private static final int CLIENTS = 8;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Key> refused = new CopyOnWriteArrayList<>(List.of(Keys.draw("nobody", "operator")));
    private final AtomicInteger passed = new AtomicInteger();
    private final AtomicInteger turnedAway = new AtomicInteger();
    private final List<String> wrong = new CopyOnWriteArrayList<>();
    private volatile Key current = Keys.draw("acme", "submitter");
    private volatile boolean rotating = true;

    @Test
    void keys_are_rotated_under_load(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("keys"), current.line());
        try (RunnerApp app = RunnerApp.fresh("--beacon.security.api-keys-file=" + file);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int client = 0; client < CLIENTS; client++) {
                clients.submit(() -> askWithCurrentKeys(app));
                clients.submit(() -> askWithOldKeys(app));
            }
            for (int round = 0; round < ROUNDS; round++) {
                Key old = current;
                Key next = Keys.draw("acme", "submitter");
                write(file, old.line() + "\n" + next.line() + "\n", round);
                await().atMost(Duration.ofSeconds(2)).until(() -> status(app, next) == 200);
                current = next;
                write(file, next.line() + "\n", round);
                await().atMost(Duration.ofSeconds(2)).until(() -> status(app, old) == 401);
                refused.add(old);
            }
            rotating = false;
        }
        assertThat(wrong).isEmpty();
        assertThat(passed).as("requests that passed").hasValueGreaterThan(1_000);
        assertThat(turnedAway).as("requests that were refused").hasValueGreaterThan(1_000);
        System.out.printf(
                "Rotated %d keys under %d requests that passed and %d that were refused%n",
                ROUNDS, passed.get(), turnedAway.get());
    }

    /** Half of the rounds write as an editor does: over the file, which is short of keys for a moment. */
    private static void write(Path file, String content, int round) throws IOException {
        if (round % 2 == 0) {
            Files.move(Files.writeString(file.resolveSibling("next"), content), file, StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.writeString(file, content);
        }
    }

    /** A key that is current when a request is sent may be taken out before it arrives only once it is not current. */
    private Void askWithCurrentKeys(RunnerApp app) throws Exception {
        while (rotating) {
            Key key = current;
            int status = status(app, key);
            if (status == 200) {
                passed.incrementAndGet();
            } else if (key.equals(current)) {
                wrong.add("a key in force was answered " + status);
            }
        }
        return null;
    }

    private Void askWithOldKeys(RunnerApp app) throws Exception {
        while (rotating) {
            for (Key key : refused) {
                int status = status(app, key);
                turnedAway.incrementAndGet();
                if (status != 401) {
                    wrong.add("a key out of force was answered " + status);
                }
            }
        }
        return null;
    }

    private int status(RunnerApp app, Key key) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(app.base() + "/api/v1/jobs?limit=1"))
                .header("Authorization", "Bearer " + key.secret())
                .build();
        return http.send(request, BodyHandlers.discarding()).statusCode();
    }
}
