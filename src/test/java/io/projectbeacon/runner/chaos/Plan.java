package io.projectbeacon.runner.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a seed stands for: jobs, and faults with their times.
 *
 * @param calm jobs that run before the first fault
 * @param faults in the order of their times
 */
record Plan(long seed, List<JobScript> calm, List<JobScript> jobs, List<Fault> faults) {

    /**
     * One fault.
     *
     * @param runner the index of the runner to hit, for a fault of a runner; if it is down already, another is hit
     * @param length until the fault is undone; zero for a fault of a moment
     */
    record Fault(Duration at, Kind kind, int runner, Duration length) {}

    enum Kind {
        /** {@code kill -9}, and a new process after a while. */
        RUNNER_KILLED(6),
        /** {@code SIGSTOP}, and {@code SIGCONT} when its locks have long expired. */
        RUNNER_PAUSED(6),
        /** {@code kill -9}, and a new and empty Redis after a while. */
        REDIS_KILLED(2),
        REDIS_FLUSHED(2),
        /** {@code CLIENT KILL} of all connections. */
        REDIS_CUT(2),
        /** A restart in PostgreSQL's mode {@code fast}, as an administrator does it. */
        POSTGRES_RESTARTED(1),
        /** A restart in mode {@code immediate}, which needs recovery as after a crash. */
        POSTGRES_CRASHED(1),
        /** {@code pg_terminate_backend} of all connections. */
        POSTGRES_CUT(3);

        /** How many of these faults come in a minute of storm. */
        private final int aMinute;

        Kind(int aMinute) {
            this.aMinute = aMinute;
        }
    }

    static Plan of(long seed, Duration calm, int calmJobs, Duration storm, int jobs) {
        return new Plan(
                seed,
                scripts(seed, Setup.CALM, calm, calmJobs),
                scripts(seed, "job-", storm, jobs),
                faults(seed, storm));
    }

    private static List<JobScript> scripts(long seed, String prefix, Duration span, int count) {
        List<JobScript> scripts = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            scripts.add(JobScript.of(seed, prefix, n, span.multipliedBy(n).dividedBy(count)));
        }
        return scripts;
    }

    private static List<Fault> faults(long seed, Duration storm) {
        List<Fault> faults = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            long count = Math.max(1, Math.round(kind.aMinute * storm.toMillis() / 60_000.0));
            for (int n = 0; n < count; n++) {
                Dice dice = Dice.of(seed, "fault", kind, n);
                faults.add(new Fault(
                        Duration.ofMillis(dice.between(500, (int) storm.toMillis())),
                        kind,
                        dice.between(0, Setup.RUNNERS - 1),
                        length(kind, dice)));
            }
        }
        faults.sort(Comparator.comparing(Fault::at));
        return faults;
    }

    private static Duration length(Kind kind, Dice dice) {
        int ttl = (int) Setup.TTL.toMillis();
        return Duration.ofMillis(
                switch (kind) {
                    case RUNNER_KILLED -> dice.between(0, 2000);
                    case RUNNER_PAUSED -> dice.between(ttl + 300, 5 * ttl);
                    case REDIS_KILLED -> dice.between(300, 2 * ttl);
                    case POSTGRES_RESTARTED, POSTGRES_CRASHED -> dice.between(0, 2000);
                    case REDIS_FLUSHED, REDIS_CUT, POSTGRES_CUT -> 0;
                });
    }
}
