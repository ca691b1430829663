/**
 * Beacon Runner: takes a JobSpec and processes each of its region × model cells once. This package holds the program's
 * start, its name and its clock, and the checks of settings that belong to no room.
 *
 * <p>What always holds here: no room imports this package, and it decides nothing about a job or a cell.
 */
@NullMarked
package io.projectbeacon.runner;

import org.jspecify.annotations.NullMarked;
