package io.projectbeacon.runner.bench;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A figure that the service should reach.
 *
 * @param atLeast whether the figure must not be below what is wanted; otherwise it must not be above
 */
record Target(String name, double measured, boolean atLeast, double wanted) {

    @JsonProperty
    boolean reached() {
        return atLeast ? measured >= wanted : measured <= wanted;
    }
}
