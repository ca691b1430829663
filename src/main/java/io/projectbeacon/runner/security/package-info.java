/**
 * Who calls, and what that caller may do: keys, tokens, roles, and where the service listens.
 *
 * <p>What always holds here: a request that is refused has reached no controller, and no key is kept or logged, only
 * its hash.
 */
@NullMarked
package io.projectbeacon.runner.security;

import org.jspecify.annotations.NullMarked;
