package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.cli.Shell.Ended;
import io.projectbeacon.runner.domain.Sha256;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.ScriptedServer;
import io.projectbeacon.runner.support.Signer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each command against a service with keys: what it prints, and how it ends. */
class CommandLineTest {

    private static final String KEY = "bk_a-key-of-the-command-line-tests";
    private static final String LOOKERS_KEY = "bk_another-key-of-the-command-line";
    private static final String SPEC =
            "{\"id\": \"%s\", \"models\": [\"a\", \"b\", \"a\"], \"regions\": [\"us-east\", \"eu-west\"]}";

    @TempDir
    private static Path folder;

    private static FakeProvider provider;
    private static RunnerApp app;
    private static RunnerClient client;
    private static Shell shell;
    private static Path key;

    @BeforeAll
    static void start() throws Exception {
        key = folder.resolve("key.pem");
        Path trusted = folder.resolve("trusted.json");
        Files.writeString(key, Vectors.pem());
        Signer.trust(
                trusted,
                "{\"public_key\": \"%s\", \"callers\": [\"acme\"]}"
                        .formatted(Vectors.all().getFirst().path("public_key").asString()));
        provider = FakeProvider.start();
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.security.api-keys[0]=acme submitter " + Sha256.hex(KEY.getBytes(UTF_8)));
        properties.add("--beacon.security.api-keys[1]=acme viewer " + Sha256.hex(LOOKERS_KEY.getBytes(UTF_8)));
        properties.add("--beacon.signing.mode=optional");
        properties.add("--beacon.signing.trusted-keys-file=" + trusted);
        app = RunnerApp.fresh(properties.toArray(String[]::new));
        client = new RunnerClient(app.base(), "Authorization", "Bearer " + KEY);
        shell = Shell.at(app.base(), KEY);
    }

    @AfterAll
    static void stop() {
        app.close();
        provider.close();
    }

    @BeforeEach
    void aProviderThatAnswers() {
        provider.recover("us-east");
        provider.recover("eu-west");
        provider.release("us-east");
    }

    private static Ended submit(String id, String... options) {
        List<String> arguments = new ArrayList<>(List.of("submit", "-"));
        arguments.addAll(List.of(options));
        return shell.withInput(SPEC.formatted(id), arguments.toArray(String[]::new));
    }

    private static long jobs() {
        return app.jdbc().sql("SELECT count(*) FROM jobs").query(Long.class).single();
    }

    @Test
    void submit_prints_id_and_location_and_says_so_when_the_job_was_there(@TempDir Path files) throws IOException {
        Path spec = Files.writeString(files.resolve("job.json"), SPEC.formatted("submitted"));
        Ended first = shell.run("submit", spec.toString());
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.lines())
                .containsExactly("id        submitted", "location  " + app.base() + "/api/v1/jobs/submitted");
        assertThat(first.err()).contains("warning: ").doesNotContain("there before");
        assertThat(submit("submitted").err()).contains("The job was there before");
        client.ended("submitted");
    }

    @Test
    void watched_without_a_terminal_each_change_is_a_line_and_a_completed_job_ends_with_0() {
        Ended ended = submit("watched", "--watch");
        assertThat(ended.code()).as(ended.err()).isZero();
        assertThat(ended.out()).doesNotContain("\033");
        assertThat(ended.lines())
                .startsWith("id        watched")
                .endsWith("job watched completed: 4 completed")
                .filteredOn(line -> line.startsWith("eu-west  b  completed  "))
                .hasSize(1);
    }

    @Test
    void a_job_that_is_not_completed_ends_with_1_and_a_retry_runs_what_has_failed() {
        provider.failWith("eu-west", 400);
        Ended partial = submit("retried", "--watch");
        assertThat(partial.code()).as(partial.err()).isEqualTo(ExitCode.NOT_COMPLETED);
        assertThat(partial.lines()).endsWith("job retried partial: 2 completed, 2 failed");

        Ended shown = shell.run("job", "retried");
        assertThat(shown.code()).isEqualTo(ExitCode.NOT_COMPLETED);
        assertThat(shown.out())
                .containsPattern("status +partial")
                .containsPattern("duplicates +2 detected, 0 allowed \\(input 2\\)")
                .containsPattern("(?m)^us-east +a +completed +1 +\\d+ ms$")
                .containsPattern("(?m)^eu-west +b +failed +1 .*http_400: ");

        provider.recover("eu-west");
        Ended retry = shell.run("retry", "retried", "--new-keys", "--include-unknown");
        assertThat(retry.code()).as(retry.err()).isZero();
        assertThat(retry.out()).startsWith("job retried ");
        assertThat(shell.run("job", "retried", "--watch").code()).isZero();

        assertThat(shell.run("job", "retried", "--answers").out()).containsPattern("(?m)^eu-west  b  .+\n  .*b");
        assertThat(shell.run("duplicates", "retried").out())
                .containsPattern("(?m)^retried +us-east +a +retry +detected +1 ");
        assertThat(shell.run("duplicates").out()).containsPattern("(?m)^retried +us-east +a +retry +detected +1 ");
        assertThat(shell.run("jobs", "--status=completed").out()).containsPattern("(?m)^retried +completed +4/4 +\\d ");
    }

    @Test
    void cancel_stops_a_job_and_one_that_has_ended_is_refused() {
        provider.hold("us-east");
        submit("cancelled");
        Ended cancel = shell.run("cancel", "cancelled");
        assertThat(cancel.code()).as(cancel.err()).isZero();
        assertThat(cancel.out()).startsWith("job cancelled cancelled: ");
        assertThat(shell.run("job", "cancelled").code()).isEqualTo(ExitCode.NOT_COMPLETED);

        provider.release("us-east");
        submit("ended", "--watch");
        assertThat(shell.run("cancel", "ended").code()).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void json_is_the_body_of_the_api_byte_for_byte_also_of_a_refusal() {
        submit("bytes", "--watch");
        String spec = SPEC.formatted("bytes");
        assertBody(client.submit(spec), shell.withInput(spec, "submit", "-", "--json"));
        assertBody(client.get("/api/v1/jobs/bytes"), shell.withInput(spec, "submit", "-", "--json", "--watch"));
        assertBody(client.get("/api/v1/jobs/bytes"), shell.run("job", "--json", "bytes"));
        assertBody(client.get("/api/v1/jobs?limit=1"), shell.run("jobs", "--limit=1", "--json"));
        assertBody(client.get("/api/v1/duplicates"), shell.run("duplicates", "--json"));
        assertBody(client.get("/api/v1/jobs/bytes/duplicates"), shell.run("duplicates", "bytes", "--json"));
        assertBody(client.get("/api/v1/jobs/none"), shell.run("job", "none", "--json"));
    }

    private static void assertBody(Reply reply, Ended ended) {
        assertThat(ended.out()).isEqualTo(reply.response().body());
    }

    @Test
    void refused_input_ends_with_2_and_names_each_fault_with_its_place() {
        Ended ended = shell.withInput("{\"models\": [7], \"regions\": [\"mars\"]}", "submit", "-");
        assertThat(ended.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err().lines())
                .anyMatch(line -> line.startsWith("beacon: ") && line.endsWith("(422)"))
                .anyMatch(line -> line.startsWith("  /models/0: "))
                .anyMatch(line -> line.startsWith("  /regions/0: "));
        assertThat(shell.run("job", "none").code()).isEqualTo(ExitCode.REFUSED);
        assertThat(shell.run("submit", "no-such-file").code()).isEqualTo(ExitCode.REFUSED);
        assertThat(shell.run("submit", "a", "b").code()).isEqualTo(ExitCode.REFUSED);
        assertThat(shell.run().code()).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void what_is_not_allowed_ends_with_4_without_a_key_and_with_one_that_may_only_look() {
        Ended without = Shell.at(app.base(), "").run("jobs");
        assertThat(without.code()).isEqualTo(ExitCode.NOT_ALLOWED);
        assertThat(without.err()).contains("(401)");
        Shell looker = Shell.at(app.base(), LOOKERS_KEY);
        assertThat(looker.run("jobs").code()).isZero();
        Ended refused = looker.withInput(SPEC.formatted("never"), "submit", "-");
        assertThat(refused.code()).isEqualTo(ExitCode.NOT_ALLOWED);
        assertThat(refused.err()).contains("(403)");
        assertThat(shell.run("job", "never").code()).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void a_spec_without_an_id_whose_answer_is_lost_is_sent_again_and_stored_once() throws Exception {
        long before = jobs();
        List<String> keys = new CopyOnWriteArrayList<>();
        HttpClient http = HttpClient.newHttpClient();
        try (ScriptedServer losing = new ScriptedServer((request, connection) -> {
            keys.add(request.header("Idempotency-Key"));
            HttpResponse<String> answer = forwarded(http, request);
            if (request.number() == 1) {
                connection.close();
            } else {
                ScriptedServer.write(
                        connection,
                        "HTTP/1.1 %d OK\r\nLocation: %s\r\nContent-Length: %d\r\n\r\n%s"
                                .formatted(
                                        answer.statusCode(),
                                        answer.headers().firstValue("Location").orElse(""),
                                        answer.body().length(),
                                        answer.body()));
            }
        })) {
            Ended ended = Shell.at("http://127.0.0.1:" + losing.port(), KEY)
                    .withInput("{\"models\": [\"a\"], \"regions\": [\"us-east\"], \"prompt\": \"Hi\"}", "submit", "-");
            assertThat(ended.code()).as(ended.err()).isZero();
            client.ended(ended.lines().getFirst().substring("id        ".length()));
        }
        assertThat(keys).hasSize(2);
        assertThat(jobs()).isEqualTo(before + 1);
    }

    private static HttpResponse<String> forwarded(HttpClient http, ScriptedServer.Request request) throws IOException {
        HttpRequest.Builder sent = HttpRequest.newBuilder(URI.create(app.base() + "/api/v1/jobs"))
                .headers("Content-Type", "application/json", "Authorization", "Bearer " + KEY)
                .POST(BodyPublishers.ofByteArray(request.body()));
        if (!request.header("Idempotency-Key").isEmpty()) {
            sent.header("Idempotency-Key", request.header("Idempotency-Key"));
        }
        try {
            return http.send(sent.build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void a_signed_spec_is_taken_and_one_that_was_changed_is_not() {
        Ended signed = shell.withInput(SPEC.formatted("signed"), "sign", "-", "--key=" + key);
        assertThat(signed.code()).as(signed.err()).isZero();
        Ended changed = shell.withInput(signed.out().replace("\"b\"", "\"c\""), "submit", "-");
        assertThat(changed.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(changed.err()).containsIgnoringCase("signature");
        assertThat(shell.withInput(signed.out(), "submit", "-", "--watch").code())
                .isZero();
        assertThat(shell.withInput("[]", "sign", "-", "--key=" + key).code()).isEqualTo(ExitCode.REFUSED);
        assertThat(shell.withInput("{}", "sign", "-", "--key=/dev/null").code()).isEqualTo(ExitCode.REFUSED);
    }

    /** Stopped by a signal, as by Ctrl-C. */
    @Test
    void who_stops_watching_leaves_the_job_running_and_is_told_how_to_cancel_it() throws Exception {
        provider.hold("us-east");
        Path spec = Files.writeString(folder.resolve("left.json"), SPEC.formatted("left"));
        Process watching = Launcher.start(app.base(), KEY, "submit", spec.toString(), "--watch");
        try {
            CompletableFuture<String> err =
                    CompletableFuture.supplyAsync(() -> Launcher.read(watching.getErrorStream()));
            String first = watching.inputReader().readLine();
            assertThat(first).isEqualTo("id        left");
            String line = first;
            while (!line.startsWith("job left running")) {
                line = watching.inputReader().readLine();
                assertThat(line).isNotNull();
            }
            watching.toHandle().destroy();
            assertThat(watching.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(err.get(10, TimeUnit.SECONDS)).contains("The job goes on.", "beacon cancel left");
        } finally {
            watching.destroyForcibly();
        }
        await().until(() -> !provider.callsTo("us-east").isEmpty());
        provider.release("us-east");
        assertThat(client.ended("left").path("status").asString()).isEqualTo("completed");
    }
}
