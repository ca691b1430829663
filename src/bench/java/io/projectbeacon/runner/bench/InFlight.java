package io.projectbeacon.runner.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Ten thousand cells at once on a provider that takes 2 s: how near the rate is to the ideal, and the memory used. */
final class InFlight implements Scenario {

    private static final int CELLS = 10_000;
    private static final int LATENCY_SECONDS = 2;
    private static final int WARM_UP_WAVES = 3;
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final double MEBIBYTE = 1024 * 1024;

    private static final String COMPLETED_AT = """
            SELECT extract(epoch FROM completed_at) FROM executions WHERE status = 'completed'
            ORDER BY completed_at OFFSET :place LIMIT 1
            """;

    @Override
    public String name() {
        return "in-flight";
    }

    @Override
    public void run(Report report) throws Exception {
        List<String> properties = new ArrayList<>(List.of(
                "--beacon.inference.simulated.latency=" + LATENCY_SECONDS + "s", "--beacon.worker.max-jobs=" + CELLS));
        for (String region : Prepared.REGIONS) {
            properties.add("--beacon.regions." + region + ".max-in-flight=" + CELLS / Prepared.REGIONS.size());
        }
        int waves = Math.max(1, (int) Settings.turn().toSeconds() / LATENCY_SECONDS);
        int needed = CELLS * (WARM_UP_WAVES + waves * Settings.rounds());
        try (ServiceUnderTest runner = new ServiceUnderTest(
                Build.today(), 48, Prepared.spec("template-48", 48), 1, properties.toArray(String[]::new))) {
            runner.fill(needed + CELLS * 2); // Further waves follow the last one as long as it is measured.
            runner.start();
            List<Double> underWay = new ArrayList<>();
            long giveUp = System.nanoTime() + PATIENCE.toNanos();
            while (runner.ended() < needed) {
                Thread.sleep(LOOK_AGAIN);
                if (runner.ended() >= CELLS) {
                    underWay.add(runner.host().metric("beacon.executions.in.flight"));
                }
                if (System.nanoTime() > giveUp) {
                    throw new IllegalStateException(
                            "only %,.0f of %,d executions ended within %s".formatted(runner.ended(), needed, PATIENCE));
                }
            }
            double threads = runner.host().threads();
            double heap = runner.host().heap() / MEBIBYTE;
            underWay.add(runner.host().metric("beacon.executions.in.flight"));
            runner.stop();

            double ideal = (double) CELLS / LATENCY_SECONDS;
            Figure rate = figure("Beacon Runner", "/s", rates(runner, waves));
            report.add(rate);
            report.add(figure("The ideal rate", "/s", List.of(ideal)));
            report.add(figure("Cells under way", "cells", underWay));
            report.add(figure("Live heap", "MiB", List.of(heap)));
            report.add(figure("Platform threads", "threads", List.of(threads)));
            report.add(Target.atLeast("in flight: rate / ideal", share(rate, ideal), 0.95));
        }
    }

    /**
     * The rate of each round, from one completion to the one that is some waves later. Cells that began together end
     * together, so a span that did not end where a wave does would count a wave too many or too few.
     */
    private static List<Double> rates(ServiceUnderTest runner, int waves) {
        List<Double> marks = IntStream.rangeClosed(0, Settings.rounds())
                .mapToObj(round -> runner.jdbc()
                        .sql(COMPLETED_AT)
                        .param("place", CELLS * (WARM_UP_WAVES + waves * round) - 1)
                        .query(Double.class)
                        .single())
                .toList();
        return IntStream.range(0, Settings.rounds())
                .mapToObj(round -> CELLS * waves / (marks.get(round + 1) - marks.get(round)))
                .toList();
    }

    private static Figure share(Figure rate, double ideal) {
        return figure(
                "rate / ideal",
                "ratio",
                rate.values().stream().map(value -> value / ideal).toList());
    }

    private static Figure figure(String name, String unit, List<Double> values) {
        return new Figure("in flight, 10,000 on a 2 s provider", name, unit, values);
    }
}
