package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Attempt;
import io.projectbeacon.runner.chaos.History.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How long the jobs of a killed or paused runner stood still: from the fault until each job that had an attempt under
 * way there has made progress again. Progress is an attempt that begins or ends, on any runner, or the job's own end.
 */
final class Recovery {

    private Recovery() {}

    /** One time for each fault that hit a job, shortest first. */
    static List<Duration> times(History history, List<Faults.Injected> faults) {
        List<Duration> times = new ArrayList<>();
        for (Faults.Injected fault : faults) {
            history.processes().stream()
                    .filter(process -> process.token().equals(fault.runner()))
                    .flatMap(process -> history.jobs().values().stream()
                            .filter(job -> hadUnderWay(job, process.pid(), fault.at()))
                            .flatMap(job -> stoodStill(job, fault.at()).stream()))
                    .max(Duration::compareTo)
                    .ifPresent(times::add);
        }
        return times.stream().sorted().toList();
    }

    static Duration median(List<Duration> times) {
        return times.isEmpty() ? Duration.ZERO : times.get(times.size() / 2);
    }

    private static boolean hadUnderWay(Job job, long pid, Instant at) {
        return attempts(job)
                .anyMatch(attempt -> attempt.pid() == pid
                        && attempt.start().isBefore(at)
                        && (attempt.end() == null || attempt.end().isAfter(at)));
    }

    private static Optional<Duration> stoodStill(Job job, Instant at) {
        Stream<Instant> moments = Stream.concat(
                attempts(job).flatMap(attempt -> Stream.ofNullable(attempt.start())),
                Stream.concat(
                        attempts(job).flatMap(attempt -> Stream.ofNullable(attempt.end())),
                        Stream.ofNullable(job.finishedAt())));
        return moments.filter(moment -> moment.isAfter(at))
                .min(Instant::compareTo)
                .map(moment -> Duration.between(at, moment));
    }

    private static Stream<Attempt> attempts(Job job) {
        return job.executions().stream().flatMap(cell -> cell.attempts().stream());
    }
}
