package io.projectbeacon.runner.bench;

/**
 * A figure that the service should reach.
 *
 * @param atLeast whether reaching means not to be below, or else not to be above
 */
record Target(String name, double measured, boolean atLeast, double wanted) {

    boolean reached() {
        return atLeast ? measured >= wanted : measured <= wanted;
    }
}
