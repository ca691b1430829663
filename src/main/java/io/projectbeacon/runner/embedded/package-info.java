/**
 * PostgreSQL and Redis for a first run and for tests, from Maven artifacts, under one directory.
 *
 * <p>What always holds here: one process owns the directory at a time; a server that an earlier process left running is
 * stopped before its files are used; no server is started here in place of one that is configured.
 */
@NullMarked
package io.projectbeacon.runner.embedded;

import org.jspecify.annotations.NullMarked;
