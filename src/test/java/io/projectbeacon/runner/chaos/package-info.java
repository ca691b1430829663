/**
 * Runners that are really killed, and a checker that judges only by what was seen from outside.
 *
 * <p>A seed makes a {@link io.projectbeacon.runner.chaos.Plan}: which jobs are sent when and how, and which faults come
 * when; how the provider treats each call follows from the same seed. {@link io.projectbeacon.runner.chaos.Storm} plays
 * the plan on processes of the packaged jar. What was seen from outside is a {@link
 * io.projectbeacon.runner.chaos.History}: the submissions that were acknowledged, the provider's own ledger, and what
 * the API returns at the end. {@link io.projectbeacon.runner.chaos.Checker} reads the history and nothing else, and
 * shares no code with the service.
 */
@NullMarked
package io.projectbeacon.runner.chaos;

import org.jspecify.annotations.NullMarked;
