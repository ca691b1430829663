package io.projectbeacon.runner.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The time that claim and completion add to one execution, seen from outside, by the times in the rows. The service of
 * today and the baseline take turns.
 */
final class Overhead implements Scenario {

    private static final Duration LATENCY = Duration.ofSeconds(2);
    private static final int MANY = 10_000;
    private static final int CELLS_OF_ONE = 48;

    /** Alone: the cells of a job follow each other, so from one end to the next is all that a cell takes. */
    private static final String BETWEEN_ENDS = """
            SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY 1000 * extract(epoch FROM took)) FROM (
              SELECT completed_at - lag(completed_at) OVER (PARTITION BY job_id ORDER BY completed_at) AS took
              FROM executions WHERE job_id > :before AND status = 'completed') ends
            """;

    /** Among many: from the claim's statement to the end's, less the provider's time, while the flow is steady. */
    private static final String BEYOND_CALL = """
            SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
              ORDER BY 1000 * extract(epoch FROM completed_at - started_at - make_interval(secs => :latency)))
            FROM executions WHERE job_id > :before AND status = 'completed'
              AND started_at > :from::timestamptz AND started_at < :until::timestamptz
            """;

    private record Percentiles(double p50, double p99) {}

    @Override
    public String name() {
        return "overhead";
    }

    @Override
    public void run(Report report) throws Exception {
        List<Figure> alone = alone(report);
        report.add(Target.atMost("overhead, alone: p50, ms", alone.getFirst(), 1));
        noWorse(report, "overhead, alone: p50 / baseline", alone);
        List<Figure> many = many(report);
        report.add(Target.atMost("overhead, %,d in flight: p99, ms".formatted(MANY), many.getFirst(), 20));
        noWorse(report, "overhead, %,d in flight: p99 / baseline".formatted(MANY), many);
    }

    private static void noWorse(Report report, String name, List<Figure> figures) {
        if (figures.size() > 1) {
            report.add(Target.atMost(name, figures.get(0).beside(name, figures.get(1)), 1.05));
        }
    }

    /** The p50 of each build. */
    private static List<Figure> alone(Report report) throws Exception {
        String models = IntStream.range(0, CELLS_OF_ONE)
                .mapToObj("\"model-%02d\""::formatted)
                .collect(Collectors.joining(", "));
        String spec = "{\"id\": \"template-%d\", \"models\": [%s], \"regions\": [\"us-east\"]}"
                .formatted(CELLS_OF_ONE, models);
        List<ServiceUnderTest> services = Build.pair().stream()
                .map(build ->
                        new ServiceUnderTest(build, CELLS_OF_ONE, spec, 1, "--beacon.regions.us-east.max-in-flight=1"))
                .toList();
        try {
            Map<ServiceUnderTest, List<Percentiles>> rounds = new LinkedHashMap<>();
            List<Contender> looking = new ArrayList<>();
            for (ServiceUnderTest service : services) {
                rounds.put(service, new ArrayList<>());
                looking.add(new Looking(
                        service,
                        () -> rounds.get(service)
                                .add(percentiles(service, BETWEEN_ENDS, Map.of("before", service.before())))));
            }
            Turns.drain(looking);
            return figures(report, "overhead of one alone", rounds, 0.5);
        } finally {
            services.forEach(ServiceUnderTest::close);
        }
    }

    /** The p99 of each build. */
    private static List<Figure> many(Report report) throws Exception {
        List<String> properties = new ArrayList<>(List.of(
                "--beacon.inference.simulated.latency=" + LATENCY.toMillis() + "ms",
                "--beacon.worker.poll-interval=10ms",
                "--beacon.worker.max-jobs=" + MANY));
        for (String region : Prepared.REGIONS) {
            properties.add("--beacon.regions." + region + ".max-in-flight=" + MANY / Prepared.REGIONS.size());
        }
        List<ServiceUnderTest> services = Build.pair().stream()
                .map(build -> new ServiceUnderTest(
                        build,
                        CELLS_OF_ONE,
                        Prepared.spec("template-" + CELLS_OF_ONE, CELLS_OF_ONE),
                        1,
                        properties.toArray(String[]::new)))
                .toList();
        try {
            Map<ServiceUnderTest, List<Percentiles>> rounds = new LinkedHashMap<>();
            for (int round = -2; round < Settings.rounds(); round++) { // The first two are the warm-up.
                for (ServiceUnderTest service : services) {
                    Percentiles percentiles = flow(service);
                    if (round >= 0) {
                        rounds.computeIfAbsent(service, s -> new ArrayList<>()).add(percentiles);
                    }
                }
            }
            return figures(report, "overhead of %,d in flight on a 2 s provider".formatted(MANY), rounds, 0.99);
        } finally {
            services.forEach(ServiceUnderTest::close);
        }
    }

    /**
     * Jobs come one by one over the time of one call, and then all at once. So calls begin at all times, and go on doing
     * so: each begins when another ends.
     */
    private static Percentiles flow(ServiceUnderTest service) throws Exception {
        int waves = (int) Math.max(1, Math.ceilDiv(Settings.turn().toSeconds(), LATENCY.toSeconds()));
        service.fill(0);
        Turns.checkpoint();
        service.start();
        int jobs = MANY / CELLS_OF_ONE;
        long begin = System.nanoTime();
        for (int job = 0; job < jobs; job++) {
            sleepUntil(begin + LATENCY.toNanos() * job / jobs);
            service.add(CELLS_OF_ONE);
        }
        service.add(MANY * (waves + 3)); // What is left over is the next turn's.
        sleepUntil(begin + LATENCY.multipliedBy(2).toNanos());
        String from = now(service);
        sleepUntil(begin + LATENCY.multipliedBy(2 + waves).toNanos());
        String until = now(service);
        sleepUntil(begin + LATENCY.multipliedBy(3 + waves).plusMillis(500).toNanos());
        Percentiles percentiles = percentiles(
                service,
                BEYOND_CALL,
                Map.of("before", service.before(), "latency", LATENCY.toSeconds(), "from", from, "until", until));
        service.abandon();
        return percentiles;
    }

    private static Percentiles percentiles(ServiceUnderTest service, String sql, Map<String, ?> parameters) {
        return service.jdbc()
                .sql(sql)
                .params(parameters)
                .query((row, n) -> {
                    Double[] both = (Double[]) row.getArray(1).getArray();
                    return new Percentiles(both[0], both[1]);
                })
                .single();
    }

    /** Reports both percentiles, and returns the one of the targets for each build. */
    private static List<Figure> figures(
            Report report, String group, Map<ServiceUnderTest, List<Percentiles>> rounds, double wanted) {
        List<Figure> figures = new ArrayList<>();
        rounds.forEach((service, all) -> {
            List<Percentiles> measured = all.subList(all.size() - Settings.rounds(), all.size()); // Less the warm-up.
            Figure p50 = new Figure(
                    group,
                    service.name() + ", p50",
                    "ms",
                    measured.stream().map(Percentiles::p50).toList());
            Figure p99 = new Figure(
                    group,
                    service.name() + ", p99",
                    "ms",
                    measured.stream().map(Percentiles::p99).toList());
            report.add(p50);
            report.add(p99);
            figures.add(wanted == 0.5 ? p50 : p99);
        });
        return figures;
    }

    private static String now(ServiceUnderTest service) {
        return service.jdbc()
                .sql("SELECT clock_timestamp()::text")
                .query(String.class)
                .single();
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        Thread.sleep(Duration.ofNanos(Math.max(0, nanos - System.nanoTime())));
    }
}
