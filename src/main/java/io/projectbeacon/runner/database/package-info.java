/**
 * The ground on which PostgreSQL is used: batches, arrays, time limits, confirmed commits, outages in the log.
 *
 * <p>What always holds here: nothing knows of jobs or cells.
 */
@NullMarked
package io.projectbeacon.runner.database;

import org.jspecify.annotations.NullMarked;
