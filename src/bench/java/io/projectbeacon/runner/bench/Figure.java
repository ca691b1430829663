package io.projectbeacon.runner.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A quantity that was measured once a round.
 *
 * @param group the name of the figures with which it is compared
 * @param values one for each round, in the order of the rounds
 */
record Figure(String group, String name, String unit, List<Double> values) {

    Figure {
        values = List.copyOf(values);
        if (values.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured: " + group + ", " + name);
        }
    }

    /** Round by round, how many times another's. */
    Figure beside(String what, Figure other) {
        return new Figure(
                what,
                name + " / " + other.name,
                "ratio",
                IntStream.range(0, values.size())
                        .mapToObj(round -> values.get(round) / other.values.get(round))
                        .toList());
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

    /** The value that a share of the samples, 0 to 1, does not exceed; interpolated between two samples. */
    static double quantile(double[] samples, double share) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        double position = share * (sorted.length - 1);
        int below = (int) Math.floor(position);
        int above = (int) Math.ceil(position);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
