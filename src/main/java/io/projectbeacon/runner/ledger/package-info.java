/**
 * The account of duplicates: every one that was stopped or was not, with its layer and cause; and the audit of the
 * rows, which also looks for executions without a job.
 *
 * <p>What always holds here: one row for each cell, layer and outcome; the counters count what is written here, after
 * it is durable.
 */
@NullMarked
package io.projectbeacon.runner.ledger;

import org.jspecify.annotations.NullMarked;
