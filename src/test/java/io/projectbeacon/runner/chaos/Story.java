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

    /** The first runner dies during its second question, and the other runner asks it again. */
    static Story takenOver(boolean hold) {
        Story story = new Story();
        story.hold = hold;
        story.firstKilled = at(200);
        story.attempt(1, 1, 1, 0, 4000, "unknown");
        story.call(1, 1, 0, 10, 100);
        story.calls.add(story.made(2, 1, 1, 110, 290).gone());
        story.attempt(2, 2, 2, 4000, 4200, "completed");
        story.call(3, 2, 1, 4010, 4100);
        story.end(4200, 1, 3);
        if (hold) {
            story.retry(true, 3900);
        }
        return story;
    }

    void attempt(int number, int runner, long fence, long start, long end, String outcome) {
        attempts.add(new Attempt(number, pid(runner), fence, at(start), at(end), outcome));
    }

    /** A call, which {@link #gone()} turns into one whose client was gone when it was answered. */
    record Made(Call call) {

        Call gone() {
            return new Call(
                    call.n(),
                    call.process(),
                    call.cell(),
                    call.question(),
                    call.start(),
                    call.end(),
                    call.told(),
                    call.success(),
                    true,
                    call.answer());
        }
    }

    Made made(long n, int runner, int question, long start, long end) {
        return new Made(
                new Call(n, "runner-" + runner, CELL, question, at(start), at(end), true, true, false, "answer " + n));
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
        requests.add(new Request(Request.Kind.RETRY, "j", includeUnknown, at(at), at(at + 5), 202));
    }

    void cancel(long at) {
        requests.add(new Request(Request.Kind.CANCEL, "j", false, at(at), at(at + 5), 202));
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
