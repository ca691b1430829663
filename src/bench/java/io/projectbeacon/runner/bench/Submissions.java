package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.RunnerApp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** How many jobs are accepted, and how long a client waits for the answer, while no job runs. */
final class Submissions implements Scenario {

    private static final int CELLS = 48;

    /**
     * @param jobs how many go into one request
     * @param id makes the id of the job of a number
     */
    private record Kind(String name, int jobs, IntFunction<String> id) {

        String body(String prefix, int request) {
            List<String> specs = IntStream.range(request * jobs, (request + 1) * jobs)
                    .mapToObj(n -> Prepared.spec(prefix + id.apply(n), CELLS))
                    .toList();
            return jobs == 1 ? specs.getFirst() : specs.toString();
        }
    }

    private static final List<Kind> KINDS = List.of(
            new Kind("each its own id", 1, n -> "own-" + n),
            new Kind("each id by 16 clients at once", 1, n -> "shared-" + n / Clients.CLIENTS),
            new Kind("one id for all", 1, n -> "same"),
            new Kind("each its own id, batches of 100", EndToEnd.JOBS_A_BATCH, n -> "batch-" + n));

    @Override
    public String name() {
        return "submission";
    }

    @Override
    public void run(Report report) throws Exception {
        Map<Kind, List<Clients.Sent>> rounds = new LinkedHashMap<>();
        try (RunnerApp app = Overhead.apiOnly("--beacon.jobs.max-queued-cells=100000000")) {
            for (int round = 0; round <= Settings.rounds(); round++) {
                for (Kind kind : KINDS) {
                    Clients.Sent sent = send(app, kind, "round-" + round + "-");
                    if (round > 0) { // The first is the warm-up.
                        rounds.computeIfAbsent(kind, same -> new ArrayList<>()).add(sent);
                    }
                }
            }
        }
        rounds.forEach((kind, sent) ->
                report.add(figure("JobSpecs answered", kind, "/s", sent, one -> one.rate() * kind.jobs())));
        rounds.forEach((kind, sent) ->
                report.add(figure("p99 of a POST", kind, "ms", sent, one -> Figure.quantile(one.millis(), 0.99))));
    }

    private static Figure figure(
            String what, Kind kind, String unit, List<Clients.Sent> sent, Function<Clients.Sent, Double> value) {
        return new Figure(
                "submission, " + what,
                kind.name(),
                unit,
                sent.stream().map(value).toList());
    }

    private static Clients.Sent send(RunnerApp app, Kind kind, String prefix) throws Exception {
        long end = System.nanoTime() + Settings.turn().toNanos();
        return Clients.send(n -> {
            if (System.nanoTime() >= end) {
                return false;
            }
            post(app, kind.body(prefix, n), kind.jobs() > 1);
            return true;
        });
    }

    /** Sends a job, or a batch of them, and checks that all of it is accepted. */
    static void post(RunnerApp app, String body, boolean batch) {
        RunnerApp.Reply reply = app.post(batch ? "/api/v1/jobs:batch" : "/api/v1/jobs", body);
        boolean taken = batch
                ? reply.status() == 207 && !reply.response().body().contains("\"problem\"")
                : reply.status() == 202 || reply.status() == 200;
        if (!taken) {
            throw new IllegalStateException("a POST was answered with " + reply.status() + ": "
                    + reply.response().body());
        }
    }
}
