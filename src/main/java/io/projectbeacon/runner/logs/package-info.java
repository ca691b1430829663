/**
 * The ground of what is logged: one spelling for each line that several rooms write, what failed in one line, and bounds for
 * lines of which clients, cells or regions decide how many there would be.
 *
 * <p>What always holds here: a line that is left out is counted, and the count stands in a later line.
 */
@NullMarked
package io.projectbeacon.runner.logs;

import org.jspecify.annotations.NullMarked;
