package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.InferenceProperties;
import io.projectbeacon.runner.job.JobsProperties;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Stops the start when calls are given more time than their job has. The default of the call's time-out may be longer:
 * the end of the job interrupts the call then, and an operator who shortens jobs need not know of calls.
 */
@Component
class NestedTimeouts {

    private static final String CALL = "beacon.inference.call-timeout";

    NestedTimeouts(Environment environment, InferenceProperties inference, JobsProperties jobs) {
        boolean asked = Binder.get(environment).bind(CALL, Duration.class).isBound();
        if (asked && inference.callTimeout().compareTo(jobs.defaultTimeout()) > 0) {
            throw new InvalidConfigurationPropertyValueException(
                    CALL,
                    inference.callTimeout(),
                    "it is longer than beacon.jobs.default-timeout (" + jobs.defaultTimeout()
                            + "), which it is a part of");
        }
    }
}
