package io.projectbeacon.runner.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What one contender did in its turns, one a round. */
record Measured(String group, String name, List<Turn> turns) {

    /**
     * @param rate executions a second
     * @param time of a processor, in microseconds an execution
     */
    record Turn(double rate, ProcessorTime time) {}

    Measured {
        turns = List.copyOf(turns);
    }

    /** The same, in a group of the report. */
    Measured in(String other) {
        return new Measured(other, name, turns);
    }

    @JsonProperty
    double rate() {
        return median(Turn::rate);
    }

    @JsonProperty
    double postgres() {
        return median(turn -> turn.time().postgres());
    }

    @JsonProperty
    double own() {
        return median(turn -> turn.time().own());
    }

    @JsonProperty
    double redis() {
        return median(turn -> turn.time().redis());
    }

    /** The median of the sums, which is not the sum of the medians. */
    @JsonProperty
    double time() {
        return median(turn -> turn.time().sum());
    }

    private double median(ToDoubleFunction<Turn> value) {
        return Figure.quantile(turns.stream().mapToDouble(value).toArray(), 0.5);
    }

    /** In microseconds an execution. */
    Figure times() {
        return new Figure(
                group + ", processor time",
                name,
                "µs",
                turns.stream().map(turn -> turn.time().sum()).toList());
    }

    Figure rates() {
        return new Figure(group, name, "/s", turns.stream().map(Turn::rate).toList());
    }

    /** How much faster this was than another, round by round. */
    Figure rateBeside(Measured other) {
        return rates().beside(group + ", rate", other.rates());
    }

    /** How much more of the processors this took than another, round by round. */
    Figure timeBeside(Measured other) {
        return times().beside(group + ", processor time", other.times());
    }
}
