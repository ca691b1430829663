package io.projectbeacon.runner.bench;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Ten thousand cells at once on a provider that takes 2 s: how near to the ideal, and at what cost in memory. */
final class InFlight implements Scenario {

    private static final int CELLS = 10_000;
    private static final int LATENCY_SECONDS = 2;
    private static final double MEBIBYTE = 1024 * 1024;

    @Override
    public String name() {
        return "in-flight";
    }

    @Override
    public void run(Report report) throws Exception {
        List<String> properties = new ArrayList<>(List.of(
                "--beacon.inference.simulated.latency=" + LATENCY_SECONDS + "s",
                "--beacon.worker.max-jobs=" + CELLS));
        for (String region : Prepared.REGIONS) {
            properties.add("--beacon.regions." + region + ".max-in-flight=" + CELLS / Prepared.REGIONS.size());
        }
        try (Runner runner = new Runner(48, 1, properties.toArray(String[]::new))) {
            Duration measured = Settings.turn().multipliedBy(2);
            int waves = (int) (measured.toSeconds() / LATENCY_SECONDS) + 5;
            runner.fill(CELLS * waves);
            double rate = runner.rate(Duration.ofSeconds(3 * LATENCY_SECONDS), measured);
            long inFlight = runner.jdbc()
                    .sql("SELECT count(*) FROM executions WHERE status = 'running'")
                    .query(Long.class)
                    .single();
            int threads = ManagementFactory.getThreadMXBean().getThreadCount();
            System.gc();
            double heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MEBIBYTE;
            runner.stop();
            double ideal = (double) CELLS / LATENCY_SECONDS;
            report.add(figure("Beacon Runner", "/s", rate));
            report.add(figure("The ideal rate", "/s", ideal));
            report.add(figure("Calls under way when it was measured", "calls", inFlight));
            report.add(figure("Heap in use after a collection, benchmark included", "MiB", heap));
            report.add(figure("Platform threads, benchmark included", "threads", threads));
            report.add(new Target("in flight: rate / ideal", rate / ideal, true, 0.95));
            report.add(new Target("in flight: heap, MiB", heap, false, 1024));
        }
    }

    private static Figure figure(String name, String unit, double value) {
        return new Figure("in flight, 10,000 on a 2 s provider", name, unit, List.of(value));
    }
}
