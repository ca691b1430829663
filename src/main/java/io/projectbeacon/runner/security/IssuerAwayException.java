package io.projectbeacon.runner.security;

import org.springframework.security.core.AuthenticationException;

/** A token cannot be checked now, because its issuer's keys cannot be fetched. */
final class IssuerAwayException extends AuthenticationException {

    private static final long serialVersionUID = 1L;

    IssuerAwayException(Throwable cause) {
        super("The token cannot be checked now: the keys of its issuer cannot be fetched.", cause);
    }
}
