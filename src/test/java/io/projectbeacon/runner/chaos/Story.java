package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Answer;
import io.projectbeacon.runner.chaos.History.Attempt;
import io.projectbeacon.runner.chaos.History.Cell;
import io.projectbeacon.runner.chaos.History.Counters;
import io.projectbeacon.runner.chaos.History.Duplicate;
import io.projectbeacon.runner.chaos.History.Job;
import io.projectbeacon.runner.chaos.History.Request;
import io.projectbeacon.runner.chaos.History.Submission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A history that a test makes up: one job of one cell that asks two questions, on two runners. */
final class Story {

    static final CellName CELL = new CellName("j", "us-east", "a");
    static final List<String> QUESTIONS = List.of("first", "second");
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    boolean hold;
    boolean acknowledged = true;
    int accepted = 1;
    int cells = 1;
    boolean lost;
    String jobStatus = "completed";
    String cellStatus = "completed";

    @Nullable
    Instant completedAt;

    final List<Answer> answers = new ArrayList<>();
    final List<Attempt> attempts = new ArrayList<>();
    final List<Call> calls = new ArrayList<>();
    final List<Request> requests = new ArrayList<>();
    final List<Duplicate> ledger = new ArrayList<>();
    final Map<String, Double> counters = new LinkedHashMap<>();

    @Nullable
    Instant firstKilled;

    final List<History.Span> firstPauses = new ArrayList<>();

    static Instant at(long ms) {
        return BEGIN.plusMillis(ms);
    }

    /** Attempt 1 of the first runner asks both questions and completes the cell. */
    static Story completed() {
        Story story = new Story();
        story.attempt(1, 1, 1, 0, 300, "completed");
        story.call(1, 1, 0, 10, 100);
        story.call(2, 1, 1, 110, 290);
        story.end(300, 1, 2);
        story.counters.put("beacon_executions_total completed", 1.0);
        story.counters.put("beacon_jobs_total", 1.0);
        return story;
    }

    /**
     * The first runner dies during its second question. The other runner asks it again under the same key, and the
     * provider replays what the model has said meanwhile.
     */
    static Story takenOver(boolean hold) {
        Story story = new Story();
        story.hold = hold;
        story.firstKilled = at(200);
        story.attempt(1, 1, 1, 0, 4000, "unknown");
        story.call(1, 1, 0, 10, 100);
        story.calls.add(made(2, 1, 1, 110, 290).gone().call());
        story.attempt(2, 2, 2, 4000, 4200, "completed");
        story.calls.add(made(3, 2, 1, 4010, 4100).replays("answer 2").call());
        story.end(4200, 1, 2);
        if (hold) {
            story.retry(true, 3900);
        }
        return story;
    }

    /** The gateway loses the second question, and the same runner asks it again until the model has answered. */
    static Story stillRunning(boolean hold) {
        Story story = new Story();
        story.hold = hold;
        story.attempt(1, 1, 1, 0, 120, "unknown");
        story.call(1, 1, 0, 10, 100);
        story.calls.add(made(2, 1, 1, 110, 119).told(Told.NOTHING, 502).call());
        if (hold) {
            story.retry(true, 150);
        }
        long fence = hold ? 2 : 1;
        story.attempts.add(new Attempt(2, 2, pid(1), fence, at(200), at(320), "unknown", "still_running"));
        story.calls.add(
                made(3, 1, 1, 210, 211).told(Told.CONFLICT, 409).withoutRun().call());
        story.calls.add(
                made(4, 1, 1, 310, 311).told(Told.CONFLICT, 409).withoutRun().call());
        story.attempt(4, 1, fence, 400, 500, "completed");
        story.calls.add(made(5, 1, 1, 410, 490).replays("answer 2").call());
        story.end(500, 1, 2);
        story.counters.put("beacon_executions_unknown_total", 1.0);
        story.counters.put("beacon_executions_total completed", 1.0);
        story.counters.put("beacon_jobs_total", hold ? 2.0 : 1.0);
        return story;
    }

    /** The provider says {@code 500} to the second question, which is asked again under the next key. */
    static Story condemned() {
        Story story = new Story();
        story.attempt(1, 1, 1, 0, 200, "failed");
        story.call(1, 1, 0, 10, 100);
        story.calls.add(made(2, 1, 1, 110, 190).told(Told.VERDICT, 500).call());
        story.attempt(2, 1, 1, 300, 400, "completed");
        story.calls.add(made(3, 1, 1, 310, 390).underKey(1).call());
        story.end(400, 1, 3);
        story.counters.put("beacon_executions_total completed", 1.0);
        story.counters.put("beacon_jobs_total", 1.0);
        return story;
    }

    void attempt(int number, int runner, long fence, long start, long end, String outcome) {
        attempts.add(attempted(number, runner, fence, start, end, outcome));
    }

    static Attempt attempted(int number, int runner, long fence, long start, long end, String outcome) {
        return new Attempt(number, 1, pid(runner), fence, at(start), at(end), outcome, "");
    }

    static Attempt named(Attempt attempt, String code) {
        return new Attempt(
                attempt.number(),
                attempt.times(),
                attempt.pid(),
                attempt.fence(),
                attempt.start(),
                attempt.end(),
                attempt.outcome(),
                code);
    }

    /** A request that begins a run, which a test may turn into another one. */
    record Made(Call call) {

        /** The client was gone when it was answered. */
        Made gone() {
            return new Made(
                    with(call.key(), call.told(), call.status(), call.replayed(), true, call.answer(), call.run()));
        }

        /** The model goes on, and the front says this. */
        Made told(Told told, int status) {
            return new Made(with(call.key(), told, status, false, call.clientGone(), null, call.run()));
        }

        Made replays(String answer) {
            return new Made(with(call.key(), Told.ANSWER, 200, true, call.clientGone(), answer, null));
        }

        /** As a replay. */
        Made marked() {
            return new Made(
                    with(call.key(), call.told(), call.status(), true, call.clientGone(), call.answer(), call.run()));
        }

        Made withoutRun() {
            return new Made(with(
                    call.key(), call.told(), call.status(), call.replayed(), call.clientGone(), call.answer(), null));
        }

        Made underKey(int givenUp) {
            return underKey(key(call.question(), null, givenUp));
        }

        Made tagged(String tag) {
            return underKey(key(call.question(), tag, call.key().givenUp()));
        }

        Made underKey(Key key) {
            return new Made(with(
                    key, call.told(), call.status(), call.replayed(), call.clientGone(), call.answer(), call.run()));
        }

        private Call with(
                Key key,
                Told told,
                int status,
                boolean replayed,
                boolean gone,
                @Nullable String answer,
                @Nullable ModelRun run) {
            return new Call(
                    call.n(), call.process(), key, call.start(), call.end(), told, status, replayed, gone, answer, run);
        }
    }

    static Made made(long n, int runner, int question, long start, long end) {
        ModelRun run = new ModelRun(at(start), at(end), true);
        Key key = key(question, null, 0);
        return new Made(new Call(
                n, "runner-" + runner, key, at(start), at(end), Told.ANSWER, 200, false, false, "answer " + n, run));
    }

    private static Key key(int question, @Nullable String tag, int givenUp) {
        return Key.of(
                "j/us-east/a/" + question + (tag == null ? "" : "/" + tag) + (givenUp == 0 ? "" : "/r" + givenUp));
    }

    void call(long n, int runner, int question, long start, long end) {
        calls.add(made(n, runner, question, start, end).call());
    }

    void end(long at, long firstCall, long secondCall) {
        completedAt = at(at);
        answers.add(new Answer("first", "answer " + firstCall));
        answers.add(new Answer("second", "answer " + secondCall));
    }

    void retry(boolean includeUnknown, long at) {
        requests.add(new Request(Request.Kind.RETRY, "j", includeUnknown, false, at(at), at(at + 5), 202));
    }

    void retryWithNewKeys(long at) {
        requests.add(new Request(Request.Kind.RETRY, "j", true, true, at(at), at(at + 5), 202));
    }

    void cancel(long at) {
        requests.add(new Request(Request.Kind.CANCEL, "j", false, false, at(at), at(at + 5), 202));
    }

    List<String> violations() {
        return Checker.violations(history());
    }

    private History history() {
        Map<CellName, Integer> dropped = new LinkedHashMap<>();
        for (int n = 0; n < cells; n++) {
            dropped.put(n == 0 ? CELL : new CellName("j", "us-east", "other-" + n), 0);
        }
        JobScript script = new JobScript(
                "j", Duration.ZERO, "{}", dropped, QUESTIONS, hold, null, null, List.of(0), null, List.of());
        Map<String, Integer> counts = new LinkedHashMap<>();
        counts.put("total", cells);
        counts.put("pending", cells - 1);
        counts.put(cellStatus, 1);
        Map<String, Long> byLayer = new LinkedHashMap<>();
        ledger.forEach(entry -> byLayer.merge(entry.layer(), entry.occurrences(), Long::sum));
        Job job = new Job(
                "j",
                jobStatus,
                at(5000),
                counts,
                byLayer,
                sum(false),
                sum(true),
                List.of(new Cell(CELL, cellStatus, completedAt, answers, attempts)),
                ledger);
        return new History(
                List.of(new Submission(script, acknowledged, accepted)),
                requests,
                List.of(
                        new History.Process("runner-1", pid(1), firstKilled, firstPauses),
                        new History.Process("runner-2", pid(2), null, List.of())),
                calls,
                lost ? Map.of() : Map.of("j", job),
                lost ? List.of() : ledger,
                Map.of("runner-2", new Counters(counters)));
    }

    private long sum(boolean allowed) {
        return ledger.stream()
                .filter(entry -> entry.allowed() == allowed)
                .mapToLong(Duplicate::occurrences)
                .sum();
    }

    private static long pid(int runner) {
        return 10L + runner;
    }
}
