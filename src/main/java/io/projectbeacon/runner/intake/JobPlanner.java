package io.projectbeacon.runner.intake;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Nonce;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.domain.ProviderName;
import io.projectbeacon.runner.jobspec.CellDuplicates;
import io.projectbeacon.runner.jobspec.NormalizedSpec;
import io.projectbeacon.runner.jobspec.Reading;
import io.projectbeacon.runner.jobspec.SpecCell;
import io.projectbeacon.runner.region.QuickestCalls;
import io.projectbeacon.runner.region.RegionLimits;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Plans a JobSpec: reads it as {@link JobIntake} does, and stores, counts and looks up nothing. */
@Component
public class JobPlanner {

    private final JobSpecBodies documents;
    private final RegionLimits limits;
    private final QuickestCalls quickest;
    private final boolean simulated;

    JobPlanner(JobSpecBodies documents, RegionLimits limits, QuickestCalls quickest, ProviderName provider) {
        this.documents = documents;
        this.limits = limits;
        this.quickest = quickest;
        this.simulated = provider.value().equals(Provider.SIMULATED.propertyName());
    }

    /**
     * @param caller whose job it would be
     * @param memory for what the document becomes
     * @throws ProblemException when it would be refused as a new job, by what it says itself
     */
    public JobPlan plan(byte[] body, Caller caller, MemoryShare.Reservation memory) {
        boolean small = body.length <= MemoryBudget.SMALL_BODY;
        return documents.read(body, caller, small, memory, document -> plan(document, caller));
    }

    private JobPlan plan(JobSpecBodies.Read document, Caller caller) {
        NormalizedSpec spec = switch (document.reading()) {
            case Reading.Accepted accepted -> accepted.spec();
            case Reading.Malformed malformed -> throw JobSpecBodies.refused(malformed);
            case Reading.Invalid invalid -> throw JobSpecBodies.refused(invalid);
        };
        Nonce nonce = document.nonce();
        if (nonce != null && !nonce.isCurrent()) {
            throw SignatureProblems.notCurrent(nonce);
        }
        long duplicates = spec.duplicates().stream()
                .mapToLong(CellDuplicates::occurrences)
                .sum();
        return new JobPlan(
                spec.id(),
                spec.models(),
                spec.regions(),
                spec.cells().size(),
                spec.cells().size() + duplicates,
                duplicates,
                distinct(spec.droppedModels()),
                distinct(spec.droppedRegions()),
                (long) spec.cells().size() * spec.callsOfACell(),
                simulated,
                leastSeconds(spec, caller),
                spec.warnings());
    }

    /** A document can repeat a name 250,000 times. */
    private static List<String> distinct(List<String> names) {
        return names.stream().distinct().toList();
    }

    /** That of the region that takes longest, since regions go on beside each other; null when one of them is not known. */
    private @Nullable BigDecimal leastSeconds(NormalizedSpec spec, Caller caller) {
        Map<String, Long> cells =
                spec.cells().stream().collect(Collectors.groupingBy(SpecCell::region, Collectors.counting()));
        Duration longest = Duration.ZERO;
        for (Map.Entry<String, Long> region : cells.entrySet()) {
            Optional<Duration> call = quickest.to(region.getKey());
            if (call.isEmpty()) {
                return null;
            }
            int atOnce = limits.places(region.getKey(), caller.name());
            long rounds = rounds(region.getValue() * spec.callsOfACell(), atOnce, spec.callsOfACell());
            Duration least = call.get().multipliedBy(rounds);
            longest = least.compareTo(longest) > 0 ? least : longest;
        }
        return BigDecimal.valueOf(longest.toMillis(), 3);
    }

    /** How many calls must be made one after the other: so many at once, but those of one cell never. */
    public static long rounds(long calls, int atOnce, int callsOfACell) {
        return Math.max(callsOfACell, Math.ceilDiv(calls, atOnce));
    }
}
