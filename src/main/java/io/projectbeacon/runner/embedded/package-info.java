/**
 * PostgreSQL and Redis for a first run and for tests, from Maven artifacts, under one directory.
 *
 * <p>What always holds here: one process owns the directory at a time; what an earlier process left running is stopped
 * before its files are used; nothing here is reached when external servers are configured.
 */
@NullMarked
package io.projectbeacon.runner.embedded;

import org.jspecify.annotations.NullMarked;
