/**
 * Every meter of the service, its name and its tags, in one place.
 *
 * <p>What always holds here: a meter is present before its first event, and the number of series is bounded.
 */
@NullMarked
package io.projectbeacon.runner.metrics;

import org.jspecify.annotations.NullMarked;
