/**
 * Runners that really die, and a judge that does not believe them.
 *
 * <p>A seed makes a {@link io.projectbeacon.runner.chaos.Plan}: which jobs are sent when and how, and what is broken when;
 * the provider's manners come from the same seed. {@link io.projectbeacon.runner.chaos.Storm} plays it on processes of the
 * packaged jar. What was seen from outside is a {@link io.projectbeacon.runner.chaos.History}: the submissions that were
 * acknowledged, the provider's own ledger, and what the API tells at the end. {@link
 * io.projectbeacon.runner.chaos.Checker} reads that and nothing else, and shares no code with the service.
 */
@NullMarked
package io.projectbeacon.runner.chaos;

import org.jspecify.annotations.NullMarked;
