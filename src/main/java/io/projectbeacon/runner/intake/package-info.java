/**
 * What stands between a request and the rooms that do its work, whatever the request came by: which jobs it may be about, the
 * JobSpec in its body, its plan, its parameters, and why it is refused.
 *
 * <p>What always holds here: a refused request has changed nothing, and is told why by one {@code ProblemException}.
 */
@NullMarked
package io.projectbeacon.runner.intake;

import org.jspecify.annotations.NullMarked;
