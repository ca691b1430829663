package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** From the first POST to the last completion, over HTTP, with a provider that answers at once. */
final class EndToEnd implements Scenario {

    static final int JOBS_A_BATCH = 100;

    @Override
    public String name() {
        return "end-to-end";
    }

    @Override
    public void run(Report report) throws Exception {
        try (RunnerApp app = ServiceUnderTest.start(TestServers.newDatabase(), TestServers.newRedisUrl())) {
            List<Contender> kinds = List.of(
                    new Posts(app, 48, 1),
                    new Posts(app, 48, JOBS_A_BATCH),
                    new Posts(app, 1, 1),
                    new Posts(app, 1, JOBS_A_BATCH));
            Turns.drain("end to end, executions", kinds).forEach(report::add);
        }
    }

    /** Jobs that are sent by several clients, and executed meanwhile. */
    private static final class Posts implements Contender {

        private static final AtomicInteger names = new AtomicInteger();

        private final RunnerApp app;
        private final int cellsOfOne;
        private final int jobsOfOne;
        private List<String> bodies = List.of();

        /** @param jobsOfOne how many jobs go into a request; 1 for requests that are no batches */
        Posts(RunnerApp app, int cellsOfOne, int jobsOfOne) {
            this.app = app;
            this.cellsOfOne = cellsOfOne;
            this.jobsOfOne = jobsOfOne;
        }

        @Override
        public String name() {
            return (cellsOfOne == 1
                            ? "Beacon Runner, one-cell jobs, "
                            : "Beacon Runner, " + cellsOfOne + "-cell jobs, ")
                    + (jobsOfOne == 1 ? "single POSTs" : "batches of " + jobsOfOne);
        }

        @Override
        public int fill(int executions) {
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
                    Submissions.post(app, bodies.get(n), jobsOfOne > 1);
                }
                return n < bodies.size();
            });
            Peer.awaitNone(app.jdbc(), ServiceUnderTest.UNFINISHED);
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            ServiceUnderTest.checkAllCompleted(app.jdbc());
            return took;
        }

        @Override
        public void close() {}
    }
}
