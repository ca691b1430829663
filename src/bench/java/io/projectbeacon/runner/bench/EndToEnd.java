package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.springframework.jdbc.core.simple.JdbcClient;

/** From the first POST to the last completion, over HTTP, with a provider that answers at once. */
final class EndToEnd implements Scenario {

    static final int JOBS_A_BATCH = 100;

    @Override
    public String name() {
        return "end-to-end";
    }

    @Override
    public void run(Report report) throws Exception {
        List<App> apps = new ArrayList<>();
        try {
            Map<String, List<Posts>> kinds = new LinkedHashMap<>();
            for (Build build : Build.pair()) {
                App app = new App(build);
                apps.add(app);
                for (Posts posts : List.of(new Posts(app, 48, JOBS_A_BATCH), new Posts(app, 1, 1))) {
                    kinds.computeIfAbsent(posts.kind(), kind -> new ArrayList<>())
                            .add(posts);
                }
            }
            List<Posts> all = kinds.values().stream().flatMap(List::stream).toList();
            Map<Contender, Measured> turns = Turns.drain(all);
            all.forEach(posts -> report.add(turns.get(posts).in("end to end, " + posts.kind())));
            kinds.forEach((kind, builds) -> {
                if (builds.size() > 1) {
                    report.add(Target.atLeast(
                            "end to end, " + kind + ": rate / baseline",
                            turns.get(builds.get(0)).rateBeside(turns.get(builds.get(1))),
                            0.95));
                }
            });
        } finally {
            apps.forEach(App::close);
        }
    }

    /** A running service, which takes jobs as they come. */
    private static final class App implements AutoCloseable {

        private final Build build;
        private final HostedService service;
        private final Peer peer;

        App(Build build) {
            this.build = build;
            String database = TestServers.newEmptyDatabase();
            service = new HostedService(build, database, TestServers.newRedisUrl());
            peer = new Peer(database, 1);
            service.freeze();
        }

        @Override
        public void close() {
            service.close();
            peer.close();
        }
    }

    /** Jobs that are sent by several clients, and executed meanwhile. */
    private static final class Posts implements Contender {

        private static final AtomicInteger names = new AtomicInteger();

        private final App app;
        private final int cellsOfOne;
        private final int jobsOfOne;
        private List<String> bodies = List.of();
        private long before;

        /** @param jobsOfOne how many jobs go into a request; 1 for requests that are no batches */
        Posts(App app, int cellsOfOne, int jobsOfOne) {
            this.app = app;
            this.cellsOfOne = cellsOfOne;
            this.jobsOfOne = jobsOfOne;
        }

        String kind() {
            return (cellsOfOne == 1 ? "one-cell jobs, " : cellsOfOne + "-cell jobs, ")
                    + (jobsOfOne == 1 ? "single POSTs" : "batches of " + jobsOfOne);
        }

        @Override
        public String name() {
            return app.build.name();
        }

        @Override
        public int fill(int executions) {
            app.service.thaw();
            before = jdbc().sql("SELECT coalesce(max(id), 0) FROM jobs")
                    .query(Long.class)
                    .single();
            int requests = Math.ceilDiv(executions, cellsOfOne * jobsOfOne);
            bodies = IntStream.range(0, requests).mapToObj(n -> body()).toList();
            return requests * jobsOfOne * cellsOfOne;
        }

        private String body() {
            List<String> specs = new ArrayList<>();
            for (int n = 0; n < jobsOfOne; n++) {
                specs.add(Prepared.spec("posted-" + names.incrementAndGet(), cellsOfOne));
            }
            return jobsOfOne == 1 ? specs.getFirst() : specs.toString();
        }

        @Override
        public Duration drain() throws Exception {
            long begin = System.nanoTime();
            Clients.send(n -> {
                if (n < bodies.size()) {
                    app.service.api().submit(bodies.get(n), jobsOfOne > 1);
                }
                return n < bodies.size();
            });
            Peer.awaitNone(jdbc(), "SELECT 1 FROM jobs WHERE id > " + before + " AND finished_at IS NULL");
            return Duration.ofNanos(System.nanoTime() - begin);
        }

        @Override
        public void rest() {
            ServiceUnderTest.checkAllCompleted(jdbc(), before);
            jdbc().sql("VACUUM ANALYZE").update();
            app.service.freeze();
        }

        @Override
        public List<Long> processes() {
            return List.of(app.service.pid());
        }

        private JdbcClient jdbc() {
            return app.peer.jdbc();
        }

        @Override
        public void close() {}
    }
}
