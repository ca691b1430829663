package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.Role;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;

/** Reads caller and roles out of a token whose signature, times, issuer and audience have been checked. */
final class TokenCallers {

    private final AccessProperties.Oidc claims;

    TokenCallers(AccessProperties.Oidc claims) {
        this.claims = claims;
    }

    /** A token without a role of ours is a caller that may do nothing; one without a name is refused. */
    CallerAuthentication callerOf(Jwt token) {
        if (!(claim(token, claims.callerClaim()) instanceof String name) || !Caller.isName(name)) {
            throw new InvalidBearerTokenException("no name of a caller in the claim " + claims.callerClaim());
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (Object value : values(claim(token, claims.rolesClaim()))) {
            Role.ofWireName(String.valueOf(value)).ifPresent(roles::add);
        }
        return new CallerAuthentication(new Caller(name, roles));
    }

    private static Collection<?> values(@Nullable Object claim) {
        if (claim instanceof String text) {
            return Arrays.asList(text.split(" "));
        }
        return claim instanceof Collection<?> list ? list : Set.of();
    }

    /** A claim of exactly that name, or else one inside objects, as in {@code realm_access.roles}. */
    private static @Nullable Object claim(Jwt token, String name) {
        Object found = token.getClaims().get(name);
        if (found != null) {
            return found;
        }
        Object inside = token.getClaims();
        for (String part : name.split("\\.")) {
            inside = inside instanceof Map<?, ?> object ? object.get(part) : null;
        }
        return inside;
    }
}
