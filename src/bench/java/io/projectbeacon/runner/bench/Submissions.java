package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** How many jobs are accepted, and how long a client waits for the answer, while no job runs. */
final class Submissions implements Scenario {

    private static final int CELLS = 48;
    private static final int WARM_UP = 2;

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
        Map<Build, HostedService> services = new LinkedHashMap<>();
        Map<Build, Map<Kind, List<Clients.Sent>>> rounds = new LinkedHashMap<>();
        try {
            for (Build build : Build.pair()) {
                HostedService service = new HostedService(
                        build,
                        TestServers.newEmptyDatabase(),
                        TestServers.newRedisUrl(),
                        "--beacon.jobs.max-queued-cells=100000000");
                service.stop();
                services.put(build, service);
                rounds.put(build, new LinkedHashMap<>());
            }
            for (int round = -WARM_UP; round < Settings.rounds(); round++) {
                for (Kind kind : KINDS) {
                    for (Build build : services.keySet()) {
                        Clients.Sent sent =
                                send(Objects.requireNonNull(services.get(build)), kind, "round-" + round + "-");
                        if (round >= 0) {
                            rounds.get(build)
                                    .computeIfAbsent(kind, same -> new ArrayList<>())
                                    .add(sent);
                        }
                    }
                }
            }
        } finally {
            services.values().forEach(HostedService::close);
        }
        report(report, List.copyOf(rounds.keySet()), rounds);
    }

    private static void report(Report report, List<Build> builds, Map<Build, Map<Kind, List<Clients.Sent>>> rounds) {
        for (Kind kind : KINDS) {
            List<Figure> rates = new ArrayList<>();
            for (Build build : builds) {
                List<Clients.Sent> sent = rounds.get(build).get(kind);
                rates.add(figure("JobSpecs answered", build, kind, "/s", sent, one -> one.rate() * kind.jobs()));
                report.add(rates.getLast());
                report.add(
                        figure("p99 of a POST", build, kind, "ms", sent, one -> Figure.quantile(one.millis(), 0.99)));
            }
            if (rates.size() > 1) {
                String name = "submission, " + kind.name() + ": rate / baseline";
                report.add(Target.atLeast(name, rates.get(0).beside(name, rates.get(1)), 0.95));
            }
        }
    }

    private static Figure figure(
            String what,
            Build build,
            Kind kind,
            String unit,
            List<Clients.Sent> sent,
            Function<Clients.Sent, Double> value) {
        return new Figure(
                "submission, " + what,
                build.name() + ", " + kind.name(),
                unit,
                sent.stream().map(value).toList());
    }

    private static Clients.Sent send(HostedService service, Kind kind, String prefix) throws Exception {
        long end = System.nanoTime() + Settings.turn().toNanos();
        return Clients.send(n -> {
            if (System.nanoTime() >= end) {
                return false;
            }
            service.api().submit(kind.body(prefix, n), kind.jobs() > 1);
            return true;
        });
    }
}
