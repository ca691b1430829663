package io.projectbeacon.runner.bench;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A figure that the service should reach by its median.
 *
 * @param atLeast whether the figure must not be below what is wanted; otherwise it must not be above
 */
record Target(String name, Figure measured, boolean atLeast, double wanted) {

    static Target atLeast(String name, Figure measured, double wanted) {
        return new Target(name, measured, true, wanted);
    }

    static Target atMost(String name, Figure measured, double wanted) {
        return new Target(name, measured, false, wanted);
    }

    @JsonProperty
    boolean reached() {
        double median = measured.median();
        return atLeast ? median >= wanted : median <= wanted;
    }
}
