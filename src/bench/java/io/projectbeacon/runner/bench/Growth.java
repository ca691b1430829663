package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.RunnerApp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Whether it stays as fast: with more rows in the table, more jobs in the queue, more duplicates, and more runners. */
final class Growth implements Scenario {

    private static final int SMALL = 10_000;
    private static final int CLIENTS = 16;
    private static final int MOST_A_SECOND = 20_000;
    private static final int LONG_QUEUE = 1_000_000;

    private static final String JOBS = """
            INSERT INTO jobs
              (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content, warnings,
               created_at, queued_at, started_at, finished_at)
            SELECT 'old-' || n, 'completed', 1, 'rerun', 0, 48, '{}', '{}', '{}', '{}', '[]', now(), now(), now(), now()
            FROM generate_series(1, :rows / 48) n
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
        Map<Integer, RunnerApp> apps = new LinkedHashMap<>();
        Map<Integer, List<Cells.Took>> rounds = new LinkedHashMap<>();
        try (RunnerApp few = Overhead.apiOnly();
                RunnerApp many = Overhead.apiOnly()) {
            apps.put(SMALL, few);
            apps.put(Settings.rows(), many);
            apps.forEach((rows, app) -> grow(app.jdbc(), rows));
            for (int round = -1; round < Settings.rounds(); round++) {
                for (Map.Entry<Integer, RunnerApp> app : apps.entrySet()) {
                    Cells.Took took = measure(app.getValue(), 0);
                    if (round >= 0) { // The first is the warm-up.
                        rounds.computeIfAbsent(app.getKey(), rows -> new ArrayList<>())
                                .add(took);
                    }
                }
            }
        }
        List<Figure> p50 = rounds.entrySet().stream()
                .map(entry -> new Figure(
                        "growth, 16 at once, p50 of a cell",
                        "%,d executions in the table".formatted(entry.getKey()),
                        "ms",
                        entry.getValue().stream().map(took -> took.quantile(0.5)).toList()))
                .toList();
        p50.forEach(report::add);
        report.add(new Target(
                "growth: a cell's p50 with %,d executions in the table / with %,d".formatted(Settings.rows(), SMALL),
                p50.get(1).median() / p50.get(0).median(),
                false,
                1.3));
    }

    private static void grow(JdbcClient jdbc, int rows) {
        jdbc.sql(JOBS).param("rows", rows).update();
        jdbc.sql(EXECUTIONS).param("answers", Prepared.ANSWER).update();
        jdbc.sql("VACUUM ANALYZE").update();
    }

    private static Cells.Took measure(RunnerApp app, double again) throws InterruptedException {
        Cells cells = new Cells(app, MOST_A_SECOND * (int) Settings.turn().toSeconds());
        return cells.run(CLIENTS, Duration.ZERO, Settings.turn(), again);
    }

    private static void duplicates(Report report) throws Exception {
        Map<String, List<Double>> rates = new LinkedHashMap<>();
        try (RunnerApp app = Overhead.apiOnly()) {
            for (int round = -1; round < Settings.rounds(); round++) {
                for (double share : new double[] {0, 0.5, 0.99}) {
                    Cells.Took took = measure(app, share);
                    if (round >= 0) { // The first is the warm-up.
                        rates.computeIfAbsent(
                                        "%.0f %% duplicates".formatted(share * 100), name -> new ArrayList<>())
                                .add(took.rate());
                    }
                }
            }
        }
        rates.forEach((name, values) -> report.add(new Figure("growth, 16 at once, cells", name, "/s", values)));
    }

    private static void queues(Report report) throws Exception {
        try (Runner runner = new Runner(48, 1)) {
            rates(runner, LONG_QUEUE / 10, 1); // Warm-up.
            List<Double> before = rates(runner, LONG_QUEUE / 10, Settings.rounds());
            runner.fill(LONG_QUEUE);
            List<Double> after = rates(runner, LONG_QUEUE / 10, Settings.rounds());
            report.add(new Figure("growth, drain", "a queue of about 100,000 cells", "/s", before));
            report.add(new Figure("growth, drain", "a queue of about 1,000,000 cells", "/s", after));
        }
    }

    /** Before each round as much is put into the queue again as a round may take from it. */
    private static List<Double> rates(Runner runner, int refill, int rounds) throws InterruptedException {
        List<Double> rates = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            runner.fill(refill);
            rates.add(runner.rate(Duration.ofSeconds(1), Settings.turn()));
            runner.stop();
        }
        return rates;
    }

    private static void runners(Report report) throws Exception {
        try (Runner one = new Runner(48, 1);
                Runner three = new Runner(48, 3)) {
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
