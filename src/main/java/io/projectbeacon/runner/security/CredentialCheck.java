package io.projectbeacon.runner.security;

import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationProvider;

/** Turns a key, or a token of the identity provider, into its caller. */
final class CredentialCheck implements AuthenticationManager {

    private final ApiKeys keys;
    private final @Nullable JwtAuthenticationProvider tokens;

    CredentialCheck(ApiKeys keys, @Nullable JwtDecoder decoder, TokenCallers callers) {
        this.keys = keys;
        this.tokens = decoder == null ? null : new JwtAuthenticationProvider(decoder);
        if (tokens != null) {
            tokens.setJwtAuthenticationConverter(callers::callerOf);
        }
    }

    @Override
    public Authentication authenticate(Authentication request) throws AuthenticationException {
        String credential = ((BearerTokenAuthenticationToken) request).getToken();
        if (tokens == null || credential.startsWith(ApiKey.PREFIX)) {
            return keys.callerOf(credential)
                    .map(CallerAuthentication::new)
                    .orElseThrow(() -> new InvalidBearerTokenException("no key of any caller"));
        }
        try {
            return tokens.authenticate(request);
        } catch (AuthenticationServiceException away) {
            throw new IssuerAwayException(away);
        }
    }
}
