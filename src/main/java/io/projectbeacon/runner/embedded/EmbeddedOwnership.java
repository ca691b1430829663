package io.projectbeacon.runner.embedded;

import java.nio.file.Path;

/**
 * The proof that this process is the only one on its database. A bean of this type exists only when the database is
 * the embedded one, whose directory this process has locked. So a job that is {@code running} at start-up has no
 * runner, and may be resumed at once.
 *
 * @param directory the locked directory
 */
public record EmbeddedOwnership(Path directory) {}
