/** Beacon Runner: takes a JobSpec and runs each of its region × model cells once. */
@NullMarked
package io.projectbeacon.runner;

import org.jspecify.annotations.NullMarked;
