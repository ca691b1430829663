package io.projectbeacon.runner.metrics;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Labels for values: the first values up to a bound keep their name, all further ones share one label. */
final class BoundedLabels {

    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private final int bound;

    BoundedLabels(int bound) {
        this.bound = bound;
    }

    String label(String value) {
        if (known.contains(value)) {
            return value;
        }
        synchronized (known) {
            if (known.size() < bound || known.contains(value)) {
                known.add(value);
                return value;
            }
        }
        return JobSeries.OTHER;
    }
}
