package io.projectbeacon.runner.execution;

/**
 * What counts against the bounds on a cell's attempts, over all runs since it was last asked to run.
 *
 * @param attempts of those that {@code max-attempts} bounds
 * @param repeats of calls whose answers could not be read
 */
record Counted(int attempts, int repeats) {

    static final Counted NONE = new Counted(0, 0);
}
