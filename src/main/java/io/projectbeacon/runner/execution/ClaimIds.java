package io.projectbeacon.runner.execution;

import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.stereotype.Component;

/**
 * Numbers the claims of this process, by which it knows a row that it wrote itself.
 *
 * <p>They have to differ, not to be secret: a random number for each took 4 % of this process' time for a cell.
 */
@Component
class ClaimIds {

    private final long process = new SecureRandom().nextLong();
    private final AtomicLong claims = new AtomicLong();

    UUID next() {
        return new UUID(process, claims.incrementAndGet());
    }
}
