package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Conversation;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.execution.CellOutcome;
import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.execution.RunHandle;
import io.projectbeacon.runner.support.RunnerApp;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.json.JsonMapper;

/** Processes single cells of running jobs by the service's own steps, and measures how long each takes. */
final class Cells {

    private static final int CELLS_OF_ONE = 48;

    /** More cells than any machine will process in a second; the jobs for so many are made beforehand. */
    private static final int MOST_A_SECOND = 100_000;

    private static final String RUNNING = """
            INSERT INTO jobs
              (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content, warnings,
               created_at, queued_at, started_at)
            SELECT 'running-' || gen_random_uuid(), 'running', 1, 'rerun', 0, :cells, '{}', '{}', '{}', '{}', '[]',
              now(), now(), now()
            FROM generate_series(1, :n)
            RETURNING id, jobspec_id
            """;

    private static final RunHandle ALWAYS = new RunHandle() {
        @Override
        public boolean awaitLease() {
            return true;
        }

        @Override
        public boolean await(RegionWait wait) throws InterruptedException {
            wait.await();
            return true;
        }

        @Override
        public boolean logsDuplicate() {
            return true;
        }

        @Override
        public boolean pause(Duration atLeast) {
            return false;
        }
    };

    /**
     * The result of a measurement.
     *
     * @param millis what each cell took beyond the call, in no order
     * @param unchecked how many cells were not called because their check could not be made in time
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

    /** @param longest for how long cells will be processed, at the most */
    Cells(RunnerApp app, Duration longest) {
        this.runner = app.bean(CellRunner.class);
        this.runs = app.jdbc()
                .sql(RUNNING)
                .param("cells", CELLS_OF_ONE)
                .param("n", Math.ceilDiv(MOST_A_SECOND * longest.toSeconds(), CELLS_OF_ONE))
                .query((row, n) -> new Run(
                        row.getLong("id"),
                        row.getString("jobspec_id"),
                        null,
                        1,
                        RunCause.SUBMISSION,
                        OnUnknown.RERUN,
                        false))
                .list();
    }

    /**
     * Keeps a number of cells under way, each in a thread of its own that goes on with the next cell.
     *
     * @param latency the provider's time for a call, which is not counted; the starts are spread over it. Cells that
     *     end within the first two latencies are left out
     * @param measured for how long cells are started after that; cells under way at its end are counted too
     * @param again the share of the cells, 0 to 1, that are completed already
     */
    Took run(int inFlight, Duration latency, Duration measured, double again) throws Exception {
        long begin = System.nanoTime() + latency.toNanos() * 2;
        long end = begin + measured.toNanos();
        Queue<Double> millis = new ConcurrentLinkedQueue<>();
        AtomicInteger unchecked = new AtomicInteger();
        Parallel.run(inFlight, number -> {
            Thread.sleep(latency.multipliedBy(number).dividedBy(inFlight));
            long start = System.nanoTime();
            while (start < end) {
                boolean called = one(again);
                long ended = System.nanoTime();
                if (ended >= begin) {
                    millis.add((ended - start - (called ? latency.toNanos() : 0)) / 1e6);
                    unchecked.addAndGet(called ? 0 : 1);
                }
                start = ended;
            }
        });
        double seconds = (System.nanoTime() - begin) / 1e9;
        double[] all = millis.stream().mapToDouble(Double::doubleValue).toArray();
        return new Took(all, unchecked.get(), all.length / seconds);
    }

    /** Processes a cell; returns false when its check could not be made, and so no call was made. */
    private boolean one(double again) throws InterruptedException {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int known = completed.get();
        boolean repeat = known > 0 && random.nextDouble() < again;
        int number = repeat ? random.nextInt(known) : next.getAndIncrement();
        String model = "model-" + number % CELLS_OF_ONE;
        CellWork work = new CellWork(
                Prepared.REGIONS.get(number % Prepared.REGIONS.size()),
                model,
                Conversation.plain(),
                List.of("Who are you?"),
                JsonMapper.shared().createObjectNode(),
                Set.of());
        CellOutcome outcome = runner.process(runs.get(number / CELLS_OF_ONE), work, ALWAYS);
        boolean asExpected = switch (outcome) {
            case CellOutcome.Ended ended -> ended.status() == ExecutionStatus.COMPLETED;
            case CellOutcome.DuplicateSkipped skipped -> again > 0;
            case CellOutcome.CheckFailed failed -> true;
            case CellOutcome.AlreadyEnded ended -> false;
            case CellOutcome.PutOff putOff -> false;
            case CellOutcome.RunReplaced replaced -> false;
        };
        if (!asExpected) {
            throw new IllegalStateException("a cell came to an end that was not expected: " + outcome);
        }
        if (!repeat) {
            completed.accumulateAndGet(number - 64, Math::max); // The cells just before it may still be under way.
        }
        return !(outcome instanceof CellOutcome.CheckFailed);
    }
}
