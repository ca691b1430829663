package io.projectbeacon.runner.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;

/**
 * Something that was measured, once a round.
 *
 * @param group what it is to be compared within
 * @param values one for each round, in the order of the rounds
 */
record Figure(String group, String name, String unit, List<Double> values) {

    Figure {
        values = List.copyOf(values);
        if (values.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured: " + group + ", " + name);
        }
    }

    @JsonProperty
    double median() {
        return quantile(values.stream().mapToDouble(Double::doubleValue).toArray(), 0.5);
    }

    @JsonProperty
    double min() {
        return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    @JsonProperty
    double max() {
        return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }

    /** The value that a share of the samples does not exceed; between two samples, what lies between them. */
    static double quantile(double[] samples, double share) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        double place = share * (sorted.length - 1);
        int below = (int) Math.floor(place);
        int above = (int) Math.ceil(place);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
