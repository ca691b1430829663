package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.History.Submission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Plays one job's script: sends its document until a runner has accepted it, then cancels and retries the job. */
final class Client {

    private static final Duration AGAIN = Duration.ofMillis(300);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final JobScript script;
    private final List<RunnerInstance> runners;
    private final Stage stage;
    private final Queue<Http.Reply> submitted = new ConcurrentLinkedQueue<>();
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();

    Client(JobScript script, List<RunnerInstance> runners, Stage stage) {
        this.script = script;
        this.runners = runners;
        this.stage = stage;
    }

    void play() throws InterruptedException {
        stage.awaitTime(script.at());
        submit();
        if (script.cancelAfter() != null) {
            stage.pause(script.cancelAfter());
            askUntilAnswered(Request.Kind.CANCEL, script.submitTo().getFirst());
        }
        for (JobScript.Retry retry : script.retries()) {
            stage.await(PATIENCE, AGAIN, this::hasEnded);
            stage.pause(retry.after());
            together(retry.askAt().stream()
                    .<Runnable>map(at -> () -> ask(Request.Kind.RETRY, at, retry.includeUnknown(), retry.newKeys()))
                    .toList());
        }
    }

    private void submit() throws InterruptedException {
        together(script.submitTo().stream()
                .<Runnable>map(at -> () -> submitted.add(send(at)))
                .toList());
        int next = script.submitTo().getFirst();
        while (!isAcknowledged() && !stage.isCalledOff()) {
            stage.pause(AGAIN);
            submitted.add(send(++next));
        }
    }

    private Http.Reply send(int runner) {
        return Http.post(at(runner).url("/api/v1/jobs"), script.document());
    }

    private boolean isAcknowledged() {
        return submitted.stream().anyMatch(reply -> reply.status() == 200 || reply.status() == 202);
    }

    private boolean hasEnded() {
        for (RunnerInstance runner : runners) {
            Http.Reply reply = Http.get(runner.url("/api/v1/jobs/" + script.id()), Duration.ofSeconds(1));
            if (reply.status() == 200) {
                String status = reply.json().path("status").asString();
                return !status.equals("queued") && !status.equals("running");
            }
        }
        return false;
    }

    private void askUntilAnswered(Request.Kind kind, int first) throws InterruptedException {
        int runner = first;
        while (ask(kind, runner++, false, false).status() / 100 % 5 == 0 && !stage.isCalledOff()) {
            stage.pause(AGAIN);
        }
    }

    private Request ask(Request.Kind kind, int runner, boolean includeUnknown, boolean newKeys) {
        String url =
                at(runner).url("/api/v1/jobs/" + script.id() + "/" + kind.name().toLowerCase());
        Instant sent = Instant.now();
        Http.Reply reply =
                Http.post(url, "{\"include_unknown\": %b, \"new_keys\": %b}".formatted(includeUnknown, newKeys));
        @Nullable Instant answered = reply.status() == 0 ? null : Instant.now();
        Request request = new Request(kind, script.id(), includeUnknown, newKeys, sent, answered, reply.status());
        requests.add(request);
        return request;
    }

    private RunnerInstance at(int number) {
        return runners.get(number % runners.size());
    }

    private static void together(List<Runnable> actions) {
        Supplier<ExecutorService> threads = Executors::newVirtualThreadPerTaskExecutor;
        try (ExecutorService all = threads.get()) {
            actions.forEach(all::submit);
        }
    }

    Submission submission() {
        int accepted =
                (int) submitted.stream().filter(reply -> reply.status() == 202).count();
        return new Submission(script, isAcknowledged(), accepted);
    }

    List<Request> requests() {
        return new ArrayList<>(requests);
    }

    /** Answers to submissions that no client should ever see. */
    List<String> surprises() {
        return submitted.stream()
                .filter(reply -> !List.of(0, 200, 202, 429, 503).contains(reply.status()))
                .map(reply -> "submitting %s answered %d %s".formatted(script.id(), reply.status(), reply.body()))
                .toList();
    }
}
