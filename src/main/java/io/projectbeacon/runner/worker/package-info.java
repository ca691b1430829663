/**
 * Runs queued jobs: locks each in Redis, starts it under a new fence, fans its cells out, and gives it back or
 * finishes it.
 *
 * <p>What always holds here: a job is run by one runner at a time as long as its lock lasts, and when a lock fails the
 * fence still keeps a replaced run from changing anything. Redis may be lost at any time without losing or repeating
 * work.
 */
@NullMarked
package io.projectbeacon.runner.worker;

import org.jspecify.annotations.NullMarked;
