package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;

/** Says whose request the current thread answers. */
@Component
public class Callers {

    /** The caller of this request; the one caller there is where no keys are configured. */
    public Caller current() {
        if (SecurityContextHolder.getContext().getAuthentication() instanceof CallerAuthentication authenticated) {
            return authenticated.getPrincipal();
        }
        throw new IllegalStateException("this thread answers no request of a caller");
    }
}
