package io.projectbeacon.runner.support;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.security.Callers;
import java.util.Set;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/** Callers who say themselves who they are: what a caller may see does not depend on how it has proved to be itself. */
final class NamedCallers {

    static final String NAME = "X-Caller";
    static final String ROLE = "X-Role";

    @Bean
    @Primary
    static Callers callersByHeader() {
        return new Callers() {
            @Override
            public Caller current() {
                ServletRequestAttributes request =
                        (ServletRequestAttributes) RequestContextHolder.currentRequestAttributes();
                String name = request.getRequest().getHeader(NAME);
                return name == null
                        ? Caller.ONLY
                        : new Caller(
                                name, Set.of(Role.valueOf(request.getRequest().getHeader(ROLE))));
            }
        };
    }
}
