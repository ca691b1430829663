package io.projectbeacon.runner.job;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.HexFormat;
import org.springframework.stereotype.Component;

/** Makes ids for jobs that a client gave none: in the order of time, and never the same twice. */
@Component
class JobIds {

    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    JobIds(Clock clock) {
        this.clock = clock;
    }

    /** {@code job-}, 12 hexadecimal digits of the time in milliseconds, and 20 random ones. */
    String next() {
        byte[] tail = new byte[10];
        random.nextBytes(tail);
        return "job-%012x-%s".formatted(clock.millis(), HexFormat.of().formatHex(tail));
    }
}
