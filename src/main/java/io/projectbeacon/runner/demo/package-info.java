/**
 * A demonstration for who does not believe it: {@code ./beacon demo crash} kills a runner in the middle of its calls.
 *
 * <p>What always holds here: everything is in a temporary directory of its own, and no setting of the user's is used; what is
 * shown is what the provider has seen and what the API says, and nothing that this room has counted itself.
 */
@NullMarked
package io.projectbeacon.runner.demo;

import org.jspecify.annotations.NullMarked;
