package io.projectbeacon.runner.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Whether the service stays as fast with more rows in the table, more queued jobs, more runners. */
final class Growth implements Scenario {

    private static final int SMALL = 10_000;
    private static final int PAGES_CELLS = 100_000;

    /** A server process that has nothing to do tells its statistics after ten seconds at the latest. */
    private static final Duration STATISTICS = Duration.ofSeconds(11);

    private static final int QUEUE_ROUNDS = 3;
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
        queues(report);
        runners(report);
    }

    /**
     * What a cell takes of the processors, and how many pages of the database it touches, by the size of the tables. Wall
     * clocks tell less: they have the disk and the other processes in them.
     */
    private static void tables(Report report) throws Exception {
        List<ServiceUnderTest> services = new ArrayList<>();
        List<Integer> sizes = List.of(SMALL, Settings.rows());
        try {
            for (int rows : sizes) {
                ServiceUnderTest service = new ServiceUnderTest(Build.today(), 48, 1);
                services.add(service);
                grow(service.jdbc(), rows);
            }
            Turns.checkpoint();
            Map<Contender, Measured> turns = Turns.drain(services);
            List<Figure> times = new ArrayList<>();
            List<Figure> pages = new ArrayList<>();
            for (int n = 0; n < sizes.size(); n++) {
                String name = "%,d executions in the table".formatted(sizes.get(n));
                Measured measured = turns.get(services.get(n));
                report.add(measured.in("growth, " + name));
                times.add(new Figure("growth", name, "µs", measured.times().values()));
                pages.add(new Figure("growth", name, "pages a cell", List.of(pages(services.get(n)))));
                report.add(pages.getLast());
            }
            report.add(Target.atMost(
                    "growth: processor time of a cell, %,d rows / %,d".formatted(Settings.rows(), SMALL),
                    times.get(1).beside("growth", times.get(0)),
                    1.2));
            report.add(Target.atMost(
                    "growth: pages that a cell touches, %,d rows / %,d".formatted(Settings.rows(), SMALL),
                    pages.get(1).beside("growth", pages.get(0)),
                    1.2));
        } finally {
            services.forEach(ServiceUnderTest::close);
        }
    }

    /** How many pages of tables and indexes the service's statements touch for a cell, in memory or not. */
    private static double pages(ServiceUnderTest service) throws Exception {
        int executions = service.fill(PAGES_CELLS);
        Turns.checkpoint();
        Thread.sleep(STATISTICS);
        double before = touched(service.jdbc());
        service.drain();
        service.stop();
        Thread.sleep(STATISTICS);
        double touched = touched(service.jdbc()) - before;
        service.rest();
        return touched / executions;
    }

    /** By clients of the server; those that clear up are not among them. */
    private static double touched(JdbcClient jdbc) {
        return jdbc.sql("""
                        SELECT sum(hits + reads) FROM pg_stat_io
                        WHERE backend_type = 'client backend' AND object = 'relation' AND context = 'normal'
                        """).query(Double.class).single();
    }

    private static void grow(JdbcClient jdbc, int rows) {
        long begin = System.nanoTime();
        jdbc.sql(FINISHED_JOBS).param("jobs", rows / 48).update();
        jdbc.sql(EXECUTIONS).param("answers", Prepared.ANSWER).update();
        jdbc.sql("VACUUM ANALYZE").update();
        System.out.printf(
                Locale.ROOT, "  (%,d executions written in %.0f s)%n", rows, (System.nanoTime() - begin) / 1e9);
    }

    private static void queues(Report report) throws Exception {
        List<Double> shortest = new ArrayList<>();
        List<Double> longest = new ArrayList<>();
        Duration warmUp = Duration.ofSeconds(1);
        Duration both = warmUp.plus(Settings.turn());
        try (ServiceUnderTest few = new ServiceUnderTest(Build.today(), 48, 1);
                ServiceUnderTest many = new ServiceUnderTest(Build.today(), 48, 1)) {
            for (int round = 0; round <= Math.min(QUEUE_ROUNDS, Settings.rounds()); round++) {
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
        try (ServiceUnderTest one = new ServiceUnderTest(Build.today(), 48, 1);
                ServiceUnderTest three = new ServiceUnderTest(Build.today(), 48, 3)) {
            List<Measured> all = Turns.drain(report, "growth, runners on one database", List.of(one, three));
            report.add(Target.atLeast("growth: three runners / one", all.get(1).rateBeside(all.get(0)), 0.95));
        }
    }
}
