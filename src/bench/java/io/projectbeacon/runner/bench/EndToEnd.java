package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** From the first POST to the last completion, over HTTP, with a provider that answers at once. */
final class EndToEnd implements Scenario {

    private static final String UNFINISHED = "SELECT 1 FROM jobs WHERE status IN ('queued', 'running')";
    private static final int JOBS_A_BATCH = 100;

    /** @param jobs as many as make a turn of a second or more */
    private record Kind(String name, int cells, int jobs, boolean batch) {}

    private static final List<Kind> KINDS = List.of(
            new Kind("Beacon Runner, 48-cell jobs, single POSTs", 48, 100, false),
            new Kind("Beacon Runner, 48-cell jobs, batches", 48, 100, true),
            new Kind("Beacon Runner, one-cell jobs, single POSTs", 1, 1_000, false),
            new Kind("Beacon Runner, one-cell jobs, batches", 1, 1_000, true));

    @Override
    public String name() {
        return "end-to-end";
    }

    @Override
    public void run(Report report) {
        Map<Kind, List<Double>> rates = new LinkedHashMap<>();
        try (RunnerApp app = Runner.start(TestServers.newDatabase(), TestServers.newRedisUrl())) {
            for (int round = -1; round < Settings.rounds(); round++) {
                for (Kind kind : KINDS) {
                    OptionalDouble rate = rate(app, kind, "round-" + (round + 1) + "-" + kind.cells() + kind.batch());
                    if (rate.isPresent() && round >= 0) { // The first is the warm-up.
                        rates.computeIfAbsent(kind, name -> new ArrayList<>()).add(rate.getAsDouble());
                    }
                }
            }
        }
        for (Kind kind : KINDS) {
            if (rates.containsKey(kind)) {
                report.add(new Figure("end to end, executions", kind.name(), "/s", rates.get(kind)));
            } else {
                System.out.println("  not measured, since the service has no batches: " + kind.name());
            }
        }
    }

    private static OptionalDouble rate(RunnerApp app, Kind kind, String prefix) {
        List<String> specs = IntStream.range(0, kind.jobs())
                .mapToObj(n -> Prepared.spec(prefix + "-" + n, kind.cells()))
                .toList();
        long begin = System.nanoTime();
        boolean taken = kind.batch() ? batches(app, specs) : singly(app, specs);
        if (!taken) {
            return OptionalDouble.empty();
        }
        Peer.awaitNone(app.jdbc(), UNFINISHED);
        return OptionalDouble.of(kind.jobs() * kind.cells() / ((System.nanoTime() - begin) / 1e9));
    }

    private static boolean singly(RunnerApp app, List<String> specs) {
        Clients.send(n -> {
            if (n >= specs.size()) {
                return false;
            }
            if (app.submit(specs.get(n)).status() != 202) {
                throw new IllegalStateException("a POST was refused");
            }
            return true;
        });
        return true;
    }

    private static boolean batches(RunnerApp app, List<String> specs) {
        for (int from = 0; from < specs.size(); from += JOBS_A_BATCH) {
            String body = specs.subList(from, Math.min(specs.size(), from + JOBS_A_BATCH)).stream()
                    .collect(Collectors.joining(",", "[", "]"));
            if (app.post("/api/v1/jobs:batch", body).status() != 207) {
                return false;
            }
        }
        return true;
    }
}
