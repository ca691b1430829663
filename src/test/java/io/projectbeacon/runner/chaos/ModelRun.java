package io.projectbeacon.runner.chaos;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The model at work on a call, whatever its front has said meanwhile.
 *
 * @param end null while it was at work when the ledger was read
 * @param success whether it came to its end, and is paid for
 */
record ModelRun(Instant start, @Nullable Instant end, boolean success) {}
