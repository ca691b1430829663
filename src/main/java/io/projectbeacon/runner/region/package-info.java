/**
 * What a region takes now: its limits on this replica and over all replicas, its pace while it refuses calls, its
 * circuit breaker.
 *
 * <p>What always holds here: a region that fails, or refuses calls, holds up no other; a limit is never exceeded
 * because Redis cannot be asked.
 */
@NullMarked
package io.projectbeacon.runner.region;

import org.jspecify.annotations.NullMarked;
