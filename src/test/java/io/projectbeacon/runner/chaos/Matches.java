package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Attempt;
import io.projectbeacon.runner.chaos.History.Cell;
import io.projectbeacon.runner.chaos.History.Job;
import io.projectbeacon.runner.chaos.History.Process;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which attempt each call belongs to: its cell's latest attempt that the calling process had begun by then.
 *
 * @param byCell in the order of the calls' starts
 * @param strays calls that belong to no attempt, and calls that begin after their attempt's end for no allowed reason
 */
record Matches(Map<CellName, List<Match>> byCell, List<String> strays) {

    /** Tolerance between an attempt's time in the database and a call's at the provider, on one machine. */
    private static final Duration CLOCKS = Duration.ofMillis(5);

    private static final Duration ONE_MOMENT = Duration.ofMillis(1);

    /**
     * How long a request may be on its way after its runner has given it up, or before its runner learns that the job
     * was cancelled or has timed out.
     */
    private static final Duration ON_ITS_WAY = Duration.ofSeconds(1);

    /**
     * @param late whether the call began after its attempt's end, and may have, because there was a pause between the
     *     last check and the first byte: the one case that no check can rule out
     */
    record Match(Call call, Attempt attempt, boolean late) {

        /**
         * Whether the attempt is recorded as unknown, or as one with an answer that nobody could read, which accounts for
         * what its own calls may have cost.
         */
        boolean accountedAsUnknown() {
            return attempt.unknown() || attempt.code().equals("unreadable_answer");
        }
    }

    static Matches of(History history) {
        Map<CellName, Cell> cells = history.jobs().values().stream()
                .flatMap(job -> job.executions().stream())
                .collect(Collectors.toMap(Cell::name, Function.identity(), (one, other) -> one));
        Map<String, Process> processes =
                history.processes().stream().collect(Collectors.toMap(Process::token, Function.identity()));
        Map<CellName, List<Match>> byCell = new LinkedHashMap<>();
        List<String> strays = new ArrayList<>();
        List<Call> calls = history.calls().stream()
                .sorted(Comparator.comparing(Call::start))
                .toList();
        for (Call call : calls) {
            Process process = processes.get(call.process());
            Cell cell = cells.get(call.cell());
            Optional<Attempt> attempt =
                    process == null || cell == null ? Optional.empty() : attemptOf(call, process, cell);
            if (attempt.isEmpty()) {
                strays.add("3: call %d to %s question %d by %s belongs to no recorded attempt"
                        .formatted(call.n(), call.cell(), call.question(), call.process()));
                continue;
            }
            boolean over = isOver(attempt.get(), call.start());
            boolean late = over && mayBeLate(call, attempt.get(), cell, process);
            if (over && !late) {
                strays.add("3: call %d to %s question %d by %s began at %s, after attempt %d had ended (%s) at %s"
                        .formatted(
                                call.n(),
                                call.cell(),
                                call.question(),
                                call.process(),
                                call.start(),
                                attempt.get().number(),
                                attempt.get().outcome(),
                                attempt.get().end()));
            }
            byCell.computeIfAbsent(call.cell(), first -> new ArrayList<>()).add(new Match(call, attempt.get(), late));
        }
        return new Matches(byCell, strays);
    }

    private static Optional<Attempt> attemptOf(Call call, Process process, Cell cell) {
        return cell.attempts().stream()
                .filter(attempt -> attempt.pid() == process.pid())
                .filter(attempt -> !attempt.start().isAfter(call.start().plus(CLOCKS)))
                .max(Comparator.comparingInt(Attempt::number));
    }

    private static boolean isOver(Attempt attempt, Instant moment) {
        return attempt.end() != null && attempt.end().plus(CLOCKS).isBefore(moment);
    }

    private static boolean mayBeLate(Call call, Attempt attempt, Cell cell, Process process) {
        if (!attempt.unknown() || attempt.end() == null) {
            return false;
        }
        if (process.pausedWithin(attempt.start(), call.start())) {
            return true;
        }
        return !wasTakenOver(attempt, cell)
                && !call.start().isAfter(attempt.end().plus(ON_ITS_WAY));
    }

    /** A takeover ends the attempt that it finds and begins its own at the same moment. */
    private static boolean wasTakenOver(Attempt attempt, Cell cell) {
        return cell.attempts().stream()
                .anyMatch(next -> next.number() == attempt.nextNumber()
                        && next.fence() > attempt.fence()
                        && !next.start().minus(ONE_MOMENT).isAfter(attempt.end()));
    }

    List<Match> of(CellName cell) {
        return byCell.getOrDefault(cell, List.of());
    }

    /** How many of the calls began late. */
    long late() {
        return byCell.values().stream()
                .flatMap(List::stream)
                .filter(Match::late)
                .count();
    }

    /** Runs beyond the first of each question of a cell, summed. */
    long paidTwice() {
        return byCell.values().stream()
                .flatMap(matches -> matches.stream()
                        .filter(match -> match.call().ran())
                        .collect(Collectors.groupingBy(match -> match.call().question(), Collectors.counting()))
                        .values()
                        .stream())
                .mapToLong(runs -> runs - 1)
                .sum();
    }

    static List<Cell> cells(History history) {
        return history.jobs().values().stream()
                .map(Job::executions)
                .flatMap(List::stream)
                .toList();
    }
}
