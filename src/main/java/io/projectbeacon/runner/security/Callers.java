package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import org.springframework.stereotype.Component;

/** Says whose request the current thread answers. */
@Component
public class Callers {

    /** The caller of this request; the one caller there is where no keys are configured. */
    public Caller current() {
        return Caller.ONLY;
    }
}
