package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import java.util.Arrays;
import java.util.List;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

/** A caller in Spring Security's words. Its authorities are all roles that its own include, as they are spelt outside. */
final class CallerAuthentication extends AbstractAuthenticationToken {

    private static final long serialVersionUID = 1L;

    private final transient Caller caller;

    CallerAuthentication(Caller caller) {
        super(authorities(caller));
        this.caller = caller;
        setAuthenticated(true);
    }

    private static List<GrantedAuthority> authorities(Caller caller) {
        return Arrays.stream(Role.values())
                .filter(caller::has)
                .<GrantedAuthority>map(role -> new SimpleGrantedAuthority(role.wireName()))
                .toList();
    }

    @Override
    public Caller getPrincipal() {
        return caller;
    }

    @Override
    public String getName() {
        return caller.name();
    }

    /** The key or token is not kept. */
    @Override
    public Object getCredentials() {
        return "";
    }
}
