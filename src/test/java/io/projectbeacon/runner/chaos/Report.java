package io.projectbeacon.runner.chaos;

import io.projectbeacon.runner.chaos.History.Duplicate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The result of a storm, in figures. */
record Report(long seed, History history, List<Faults.Injected> faults, List<String> violations) {

    private static final int SHOWN = 40;

    String text() {
        Matches matches = Matches.of(history);
        List<Duration> recovery = Recovery.times(history, faults);
        List<String> lines = new ArrayList<>();
        lines.add("Chaos, seed " + seed + " (play it again: ./mvnw verify -Dchaos.seed=" + seed + ")");
        lines.add("  faults: " + faults.size() + " "
                + count(faults.stream(), fault -> fault.kind().name().toLowerCase()));
        lines.add("  jobs: " + history.jobs().size() + " "
                + count(history.jobs().values().stream(), History.Job::status));
        lines.add("  cells: " + Matches.cells(history).size() + " "
                + count(Matches.cells(history).stream(), History.Cell::status));
        lines.add("  calls: " + history.calls().size() + " "
                + count(history.calls().stream(), call -> call.told().name().toLowerCase()) + ", "
                + history.calls().stream().filter(Call::replayed).count() + " answered with a replay; "
                + history.calls().stream().filter(Call::clientGone).count() + " whose client was gone, "
                + matches.late() + " sent after a pause between check and send");
        lines.add("  runs of the model that ended in success: "
                + history.calls().stream().filter(Call::ran).count() + ", " + matches.paidTwice()
                + " of them of a question that had one before, after a verdict or with new keys");
        lines.add("  duplicates prevented: " + duplicates(false) + ", allowed: " + duplicates(true));
        lines.add("  attempts of unknown outcome: " + unknown());
        lines.add("  requests: "
                + count(
                        history.requests().stream(),
                        request -> request.kind().name().toLowerCase() + " " + request.status()));
        lines.add("  recovery after a kill or a pause (until each job that was under way there has got on again): "
                + recovery.size() + " times, median "
                + Recovery.median(recovery).toMillis() + " ms, worst "
                + (recovery.isEmpty() ? 0 : recovery.getLast().toMillis()) + " ms");
        lines.add("  violations: " + violations.size());
        violations.stream().limit(SHOWN).forEach(violation -> lines.add("    " + violation));
        return String.join("\n", lines);
    }

    private long unknown() {
        return Matches.cells(history).stream()
                .flatMap(cell -> cell.attempts().stream())
                .filter(History.Attempt::newlyUnknown)
                .mapToLong(History.Attempt::times)
                .sum();
    }

    private Map<String, Long> duplicates(boolean allowed) {
        return history.ledger().stream()
                .filter(entry -> entry.allowed() == allowed)
                .collect(Collectors.groupingBy(
                        Duplicate::layer, TreeMap::new, Collectors.summingLong(Duplicate::occurrences)));
    }

    private static <T> Map<String, Long> count(Stream<T> items, Function<T, String> by) {
        return items.collect(Collectors.groupingBy(by, TreeMap::new, Collectors.counting()));
    }
}
