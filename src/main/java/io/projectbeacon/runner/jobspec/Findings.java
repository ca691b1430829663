package io.projectbeacon.runner.jobspec;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects the faults of a document, and the warnings for its client. */
final class Findings {

    // Without this bound, 1 MiB of bad entries would be answered with 50 MiB of faults.
    private static final int MOST_FAULTS = 1_000;

    private final List<Fault> faults = new ArrayList<>();
    private final Set<String> warnings = new LinkedHashSet<>();
    private int count;

    void fault(Pointer at, String detail) {
        count++;
        if (count <= MOST_FAULTS) {
            faults.add(new Fault(at.toString(), detail));
        }
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    /** How many faults were found so far. */
    int count() {
        return count;
    }

    List<Fault> faults() {
        List<Fault> all = new ArrayList<>(faults);
        if (count > faults.size()) {
            all.add(new Fault("", "and " + (count - faults.size()) + " more faults"));
        }
        return all;
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }
}
