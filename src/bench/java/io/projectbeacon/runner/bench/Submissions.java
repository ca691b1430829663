package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.RunnerApp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** How many jobs are taken in, and how long a client waits for the answer, while nothing else is done. */
final class Submissions implements Scenario {

    @Override
    public String name() {
        return "submission";
    }

    @Override
    public void run(Report report) {
        Map<String, List<Clients.Sent>> rounds = new LinkedHashMap<>();
        try (RunnerApp app = Overhead.apiOnly("--beacon.jobs.max-queued-cells=100000000")) {
            for (int round = -1; round < Settings.rounds(); round++) {
                String prefix = "round-" + (round + 1) + "-";
                Map<String, IntFunction<String>> ids = new LinkedHashMap<>();
                ids.put("each its own id", n -> prefix + "own-" + n);
                ids.put("each id by 16 clients at once", n -> prefix + "shared-" + n / Clients.CLIENTS);
                ids.put("one id for all", n -> prefix + "same");
                for (Map.Entry<String, IntFunction<String>> kind : ids.entrySet()) {
                    Clients.Sent sent = send(app, kind.getValue());
                    if (round >= 0) { // The first is the warm-up.
                        rounds.computeIfAbsent(kind.getKey(), name -> new ArrayList<>())
                                .add(sent);
                    }
                }
            }
        }
        rounds.forEach((kind, sent) -> report.add(new Figure(
                "submission, POSTs",
                kind,
                "/s",
                sent.stream().map(Clients.Sent::rate).toList())));
        rounds.forEach((kind, sent) -> report.add(new Figure(
                "submission, p99",
                kind,
                "ms",
                sent.stream().map(one -> Figure.quantile(one.millis(), 0.99)).toList())));
    }

    private static Clients.Sent send(RunnerApp app, IntFunction<String> id) {
        long end = System.nanoTime() + Settings.turn().toNanos();
        return Clients.send(n -> {
            if (System.nanoTime() >= end) {
                return false;
            }
            int status = app.submit(Prepared.spec(id.apply(n), 48)).status();
            if (status != 202 && status != 200) {
                throw new IllegalStateException("a POST was answered with " + status);
            }
            return true;
        });
    }
}
