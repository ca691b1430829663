/**
 * Runs queued jobs: picks them, locks each in Redis, starts it under a new fence, begins its cells, and finishes it or
 * gives it back; takes over the jobs of runners that have died.
 *
 * <p>What always holds here: a job is run by one runner at a time as long as its lock lasts, and when a lock fails the
 * fence still keeps a replaced run from changing anything. Redis may be lost at any time without losing or repeating
 * work.
 */
@NullMarked
package io.projectbeacon.runner.worker;

import org.jspecify.annotations.NullMarked;
