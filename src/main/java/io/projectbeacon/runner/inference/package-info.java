/**
 * One call to the model of a region, and what came of it.
 *
 * <p>What always holds here: a request is sent at most once per call of {@link
 * io.projectbeacon.runner.inference.InferenceClient}; whether the provider may have run it is told apart from a
 * definite failure; the model asked for is the one of the request; a region that fails, or refuses calls, holds up no
 * other.
 */
@NullMarked
package io.projectbeacon.runner.inference;

import org.jspecify.annotations.NullMarked;
