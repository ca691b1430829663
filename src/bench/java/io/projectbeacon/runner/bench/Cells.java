package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.execution.CellOutcome;
import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.execution.CellWork;
import io.projectbeacon.runner.execution.Run;
import io.projectbeacon.runner.execution.RunCause;
import io.projectbeacon.runner.execution.Turn;
import io.projectbeacon.runner.support.RunnerApp;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.json.JsonMapper;

/** Sends single cells of running jobs through the service's own steps, and looks how long each takes. */
final class Cells {

    private static final int CELLS_OF_ONE = 48;

    private static final String RUNNING = """
            INSERT INTO jobs
              (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content, warnings,
               created_at, queued_at, started_at)
            SELECT 'running-' || gen_random_uuid(), 'running', 1, 'rerun', 0, :cells, '{}', '{}', '{}', '{}', '[]',
              now(), now(), now()
            FROM generate_series(1, :n)
            RETURNING id, jobspec_id
            """;

    private static final Turn ALWAYS = new Turn() {
        @Override
        public boolean awaitLease() {
            return true;
        }

        @Override
        public boolean pause(Duration atLeast) {
            return false;
        }
    };

    /**
     * What came of it.
     *
     * @param millis what each cell took beyond the call, in no order
     * @param unchecked how many cells were not let through because the check could not be made in time
     * @param rate cells a second
     */
    record Took(double[] millis, int unchecked, double rate) {

        double quantile(double share) {
            return Figure.quantile(millis, share);
        }
    }

    private final CellRunner runner;
    private final List<Run> runs;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger completed = new AtomicInteger();

    /** @param most how many different cells will be asked for at the most */
    Cells(RunnerApp app, int most) {
        this.runner = app.bean(CellRunner.class);
        this.runs = app.jdbc()
                .sql(RUNNING)
                .param("cells", CELLS_OF_ONE)
                .param("n", Math.ceilDiv(most, CELLS_OF_ONE))
                .query((row, n) ->
                        new Run(row.getLong("id"), row.getString("jobspec_id"), 1, RunCause.SUBMISSION, false))
                .list();
    }

    /**
     * Keeps a number of cells under way.
     *
     * @param latency what the provider takes, which is not counted; the starts are spread over it, and what started within
     *     the first two of it is left out
     * @param again the share of the cells, 0 to 1, that are met although they are completed
     */
    Took run(int inFlight, Duration latency, Duration measured, double again) throws InterruptedException {
        long begin = System.nanoTime() + latency.toNanos() * 2;
        long end = begin + measured.toNanos();
        Queue<Double> millis = new ConcurrentLinkedQueue<>();
        AtomicInteger unchecked = new AtomicInteger();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int n = 0; n < inFlight; n++) {
                long wait = latency.toNanos() * n / inFlight;
                threads.execute(() -> {
                    pause(wait);
                    while (System.nanoTime() < end) {
                        long start = System.nanoTime();
                        boolean checked = one(again);
                        if (start >= begin) {
                            millis.add((System.nanoTime() - start - (checked ? latency.toNanos() : 0)) / 1e6);
                            unchecked.addAndGet(checked ? 0 : 1);
                        }
                    }
                });
            }
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        double[] all = millis.stream().mapToDouble(Double::doubleValue).toArray();
        return new Took(all, unchecked.get(), all.length / seconds);
    }

    private boolean one(double again) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int known = completed.get();
        boolean repeat = known > 0 && random.nextDouble() < again;
        int number = repeat ? random.nextInt(known) : next.getAndIncrement();
        Run run = runs.get(number / CELLS_OF_ONE);
        String model = "model-" + number % CELLS_OF_ONE;
        CellWork work = new CellWork(
                Prepared.REGIONS.get(number % Prepared.REGIONS.size()),
                model,
                JsonMapper.shared().createObjectNode().put("id", model),
                List.of("Who are you?"),
                null);
        try {
            CellOutcome outcome = runner.run(run, work, ALWAYS);
            if (!repeat && again > 0) {
                completed.accumulateAndGet(number - 64, Math::max); // Those just before it may still be under way.
            }
            return !(outcome instanceof CellOutcome.CheckFailed);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this", e);
        }
    }

    private static void pause(long nanos) {
        try {
            Thread.sleep(Duration.ofNanos(nanos));
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this", e);
        }
    }
}
