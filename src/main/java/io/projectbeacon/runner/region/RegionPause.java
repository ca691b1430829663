package io.projectbeacon.runner.region;

import java.time.Instant;

/**
 * An operator has said that no call is to begin in a region.
 *
 * @param by the caller whose key said so
 */
public record RegionPause(Instant at, String by) {}
