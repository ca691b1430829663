package io.projectbeacon.runner.security;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.BearerTokenErrors;
import org.springframework.security.oauth2.server.resource.web.BearerTokenResolver;
import org.springframework.security.oauth2.server.resource.web.DefaultBearerTokenResolver;

/** Finds the key or token of a request. A request with two is refused: two readers could choose differently. */
final class CredentialResolver implements BearerTokenResolver {

    static final String KEY_HEADER = "X-Api-Key";

    private final DefaultBearerTokenResolver bearer = new DefaultBearerTokenResolver();

    @Override
    public @Nullable String resolve(HttpServletRequest request) {
        List<String> keys = Collections.list(request.getHeaders(KEY_HEADER));
        int credentials = keys.size()
                + Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION))
                        .size();
        if (credentials > 1) {
            throw new OAuth2AuthenticationException(BearerTokenErrors.invalidRequest("more than one key or token"));
        }
        return keys.isEmpty() ? bearer.resolve(request) : keys.getFirst();
    }
}
