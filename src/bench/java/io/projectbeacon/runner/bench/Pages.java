package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How long a client waits for the first and for the hundredth page of a long list, over HTTP. */
final class Pages implements Scenario {

    private static final int ENTRIES = 100;
    private static final int LAST = 100;
    private static final int WALKS = 10;
    private static final int ENTRIES_A_JOB = 50;

    private static final String LEDGER = """
            INSERT INTO execution_duplicates
              (job_id, region, model_id, layer, outcome, existing_count, occurrences, runner, last_event_id, created_at,
               last_seen_at)
            SELECT j.id, 'us-east', 'model-' || n, 'claim', 'detected', 1, 1, 'before', gen_random_uuid(), now(), now()
            FROM jobs j, generate_series(1, :each) n
            """;

    @Override
    public String name() {
        return "pages";
    }

    @Override
    public void run(Report report) throws Exception {
        String database = TestServers.newEmptyDatabase();
        try (HostedService app = new HostedService(Build.today(), database, TestServers.newRedisUrl())) {
            app.stop();
            try (Peer patient = new Peer(database, 1)) { // The service's own connections time out after 30 s.
                patient.jdbc()
                        .sql(Growth.FINISHED_JOBS)
                        .param("jobs", Settings.rows() / ENTRIES_A_JOB)
                        .update();
                patient.jdbc().sql(LEDGER).param("each", ENTRIES_A_JOB).update();
                patient.jdbc().sql("VACUUM ANALYZE").update();
            }
            Turns.checkpoint();
            for (String list : List.of("duplicates", "jobs")) {
                measure(report, app.api(), list);
            }
        }
    }

    private static void measure(Report report, Api app, String list) {
        Map<Integer, List<Double>> medians = new TreeMap<>();
        for (int round = 0; round <= Settings.rounds(); round++) {
            Map<Integer, double[]> millis = walks(app, list);
            if (round > 0) { // The first is the warm-up.
                millis.forEach((page, took) ->
                        medians.computeIfAbsent(page, p -> new ArrayList<>()).add(Figure.quantile(took, 0.5)));
            }
        }
        String group = String.format(Locale.ROOT, "pages of /%s, %,d entries in the ledger", list, Settings.rows());
        Map<Integer, Figure> figures = new TreeMap<>();
        medians.forEach((page, values) -> figures.put(page, new Figure(group, "page " + page, "ms", values)));
        figures.values().forEach(report::add);
        report.add(new Target(
                "pages of /" + list + ": the hundredth / the first",
                figures.get(LAST).beside(list, figures.get(1)),
                false,
                1.3));
    }

    /** Reads all pages from the first to the last, again and again; returns the milliseconds of those two. */
    private static Map<Integer, double[]> walks(Api app, String list) {
        Map<Integer, double[]> millis = Map.of(1, new double[WALKS], LAST, new double[WALKS]);
        for (int walk = 0; walk < WALKS; walk++) {
            String first = "/api/v1/" + list + "?limit=" + ENTRIES;
            String path = first;
            for (int page = 1; page <= LAST; page++) {
                long begin = System.nanoTime();
                JsonNode answer = JsonMapper.shared().readTree(app.get(path).body());
                double took = (System.nanoTime() - begin) / 1e6;
                if (answer.get(list).size() != ENTRIES) {
                    throw new IllegalStateException("page " + page + " of " + list + " is not full");
                }
                if (millis.containsKey(page)) {
                    millis.get(page)[walk] = took;
                }
                path = first + "&cursor=" + answer.get("next_cursor").asString();
            }
        }
        return millis;
    }
}
