package io.projectbeacon.runner.security;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may call, and from where.
 *
 * @param apiKeys keys as lines of caller, roles joined by {@code +}, and the key's SHA-256, as {@code new-key} prints
 *     them
 * @param apiKeysFile a file of further such lines, read again when it changes
 * @param open without keys: listen elsewhere than on the loopback, too
 * @param hosts further names in {@code Host} while no keys are configured
 */
@ConfigurationProperties("beacon.security")
record AccessProperties(
        @DefaultValue List<String> apiKeys,
        @Nullable Path apiKeysFile,
        @DefaultValue("false") boolean open,
        @DefaultValue List<String> hosts,
        @DefaultValue Oidc oidc) {

    /**
     * What a token of an identity provider says of its caller.
     *
     * @param callerClaim the claim with the caller's name
     * @param rolesClaim the claim with its roles, a list or a text with spaces between them; dots lead into objects
     */
    record Oidc(
            @DefaultValue("sub") String callerClaim,
            @DefaultValue("roles") String rolesClaim) {}
}
