package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import java.util.Optional;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;

/** Says whose request the current thread answers. */
@Component
public class Callers {

    /** The caller of this request; empty where it has not said whose it is, and need not. */
    public Optional<Caller> known() {
        return SecurityContextHolder.getContext().getAuthentication() instanceof CallerAuthentication authenticated
                ? Optional.of(authenticated.getPrincipal())
                : Optional.empty();
    }

    /** The caller of this request; the one caller there is where no keys are configured. */
    public Caller current() {
        return known().orElseThrow(() -> new IllegalStateException("this thread answers no request of a caller"));
    }
}
