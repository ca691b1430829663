package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.inference.InferenceProperties;
import java.time.Duration;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * How long a stop waits for the calls under way: as long as one may take, so that an update interrupts none. A shorter
 * setting is obeyed all the same, for a machine that gives a process less time than that; there a call that is
 * interrupted costs less than a job that could not be given back. So the start says what the setting costs.
 */
@Component
class ShutdownTimeout {

    private static final Logger log = LoggerFactory.getLogger(ShutdownTimeout.class);

    private final Duration value;

    ShutdownTimeout(WorkerProperties worker, InferenceProperties inference) {
        value = Objects.requireNonNullElse(worker.shutdownTimeout(), inference.callTimeout());
        if (worker.enabled() && value.compareTo(inference.callTimeout()) < 0) {
            log.warn(
                    "beacon.worker.shutdown-timeout ({}) is shorter than beacon.inference.call-timeout ({}): a stop"
                            + " interrupts the calls that take longer, their outcome is unknown, and they are paid for"
                            + " twice where they are made again",
                    value,
                    inference.callTimeout());
        }
    }

    Duration value() {
        return value;
    }
}
