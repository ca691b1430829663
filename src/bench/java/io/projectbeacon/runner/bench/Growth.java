package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Whether the service stays as fast with more rows in the table, more queued jobs, more duplicates, more runners. */
final class Growth implements Scenario {

    private static final int SMALL = 10_000;
    private static final int MEDIUM = 1_000_000;
    private static final int CLIENTS = 16;
    private static final int LONG_QUEUE = 1_000_000;

    /** About how many cells are left in a short queue at the end of a measurement. */
    private static final int SHORT_QUEUE = 50_000;

    static final String FINISHED_JOBS = """
            INSERT INTO jobs
              (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content, warnings,
               created_at, queued_at, started_at, finished_at)
            SELECT 'old-' || n, 'completed', 1, 'rerun', 0, 48, '{}', '{}', '{}', '{}', '[]', now(), now(), now(), now()
            FROM generate_series(1, :jobs) n
            """;

    private static final String EXECUTIONS = """
            INSERT INTO executions
              (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, answers, created_at, started_at,
               completed_at)
            SELECT j.id, (ARRAY['us-east', 'us-west', 'eu-west', 'asia-pacific'])[n % 4 + 1], 'model-' || n, 'completed', 1,
              'completed', 1, gen_random_uuid(), 'before', :answers::json, now(), now(), now()
            FROM jobs j, generate_series(0, 47) n
            WHERE j.jobspec_id LIKE 'old-%'
            """;

    @Override
    public String name() {
        return "growth";
    }

    @Override
    public void run(Report report) throws Exception {
        tables(report);
        duplicates(report);
        queues(report);
        runners(report);
    }

    private static void tables(Report report) throws Exception {
        Map<Integer, RunnerApp> apps = new TreeMap<>();
        Map<Integer, List<Double>> p50 = new TreeMap<>();
        try {
            for (int rows : new TreeSet<>(List.of(SMALL, MEDIUM, Settings.rows()))) {
                String database = TestServers.newDatabase();
                apps.put(
                        rows,
                        ServiceUnderTest.start(database, TestServers.newRedisUrl(), "--beacon.worker.enabled=false"));
                try (Peer patient = new Peer(database, 1)) { // The service's own connections time out after 30 s.
                    grow(patient.jdbc(), rows);
                }
            }
            Turns.checkpoint();
            for (int round = 0; round <= Settings.rounds(); round++) {
                for (Map.Entry<Integer, RunnerApp> app : apps.entrySet()) {
                    double millis = measure(app.getValue(), 0).quantile(0.5);
                    if (round > 0) { // The first is the warm-up.
                        p50.computeIfAbsent(app.getKey(), rows -> new ArrayList<>())
                                .add(millis);
                    }
                }
            }
        } finally {
            apps.values().forEach(RunnerApp::close);
        }
        Map<Integer, Figure> figures = new TreeMap<>();
        p50.forEach((rows, values) -> figures.put(
                rows,
                new Figure(
                        "growth, 16 at once, p50 of a cell",
                        "%,d executions in the table".formatted(rows),
                        "ms",
                        values)));
        figures.values().forEach(report::add);
        report.add(new Target(
                "growth: a cell's p50 with %,d executions in the table / with %,d".formatted(Settings.rows(), SMALL),
                figures.get(Settings.rows()).median() / figures.get(SMALL).median(),
                false,
                1.3));
    }

    private static void grow(JdbcClient jdbc, int rows) {
        long begin = System.nanoTime();
        jdbc.sql(FINISHED_JOBS).param("jobs", rows / 48).update();
        jdbc.sql(EXECUTIONS).param("answers", Prepared.ANSWER).update();
        jdbc.sql("VACUUM ANALYZE").update();
        System.out.printf(
                Locale.ROOT, "  (%,d executions written in %.0f s)%n", rows, (System.nanoTime() - begin) / 1e9);
    }

    private static Cells.Took measure(RunnerApp app, double again) throws Exception {
        return new Cells(app, Settings.turn()).run(CLIENTS, Duration.ZERO, Settings.turn(), again);
    }

    private static void duplicates(Report report) throws Exception {
        Map<Integer, List<Double>> rates = new TreeMap<>();
        try (RunnerApp app = Overhead.apiOnly()) {
            for (int round = 0; round <= Settings.rounds(); round++) {
                for (int percent : new int[] {0, 50, 99}) {
                    double rate = measure(app, percent / 100.0).rate();
                    if (round > 0) { // The first is the warm-up.
                        rates.computeIfAbsent(percent, name -> new ArrayList<>())
                                .add(rate);
                    }
                }
            }
        }
        rates.forEach((percent, values) ->
                report.add(new Figure("growth, 16 at once, claims", percent + " % duplicates", "/s", values)));
    }

    private static void queues(Report report) throws Exception {
        List<Double> shortest = new ArrayList<>();
        List<Double> longest = new ArrayList<>();
        Duration warmUp = Duration.ofSeconds(1);
        Duration both = warmUp.plus(Settings.turn());
        try (ServiceUnderTest few = new ServiceUnderTest(48, 1);
                ServiceUnderTest many = new ServiceUnderTest(48, 1)) {
            for (int round = 0; round <= Settings.rounds(); round++) {
                many.fillUpTo(LONG_QUEUE);
                Turns.checkpoint();
                double rate = many.rate(warmUp, Settings.turn());
                few.fillUpTo(SHORT_QUEUE + (int) (rate * both.toSeconds()));
                Turns.checkpoint();
                double shortRate = few.rate(warmUp, Settings.turn());
                if (round > 0) { // The first is the warm-up.
                    longest.add(rate);
                    shortest.add(shortRate);
                }
            }
        }
        report.add(new Figure(
                "growth, drain", "a queue with %,d cells at its end".formatted(SHORT_QUEUE), "/s", shortest));
        report.add(new Figure(
                "growth, drain", "a queue with %,d cells at its beginning".formatted(LONG_QUEUE), "/s", longest));
    }

    private static void runners(Report report) throws Exception {
        try (ServiceUnderTest one = new ServiceUnderTest(48, 1);
                ServiceUnderTest three = new ServiceUnderTest(48, 3)) {
            List<Figure> figures = Turns.drain("growth, runners on one database", List.of(one, three));
            figures.forEach(report::add);
            report.add(new Target(
                    "growth: three runners / one",
                    figures.get(1).median() / figures.get(0).median(),
                    true,
                    1));
        }
    }
}
