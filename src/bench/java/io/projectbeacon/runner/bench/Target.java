package io.projectbeacon.runner.bench;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A figure that the service should reach.
 *
 * @param atLeast whether reaching means not to be below, or else not to be above
 */
record Target(String name, double measured, boolean atLeast, double wanted) {

    @JsonProperty
    boolean reached() {
        return atLeast ? measured >= wanted : measured <= wanted;
    }
}
