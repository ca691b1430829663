/**
 * The table jobs: submits, queues, starts, finishes, reads, retries, cancels and deletes jobs. PostgreSQL is the truth
 * and the queue.
 *
 * <p>What always holds here: a job is durable before it is acknowledged; every change of its status is a
 * compare-and-set on {@code (status, fence)}; a final status is computed from the rows of its cells.
 */
@NullMarked
package io.projectbeacon.runner.job;

import org.jspecify.annotations.NullMarked;
