/**
 * Reads a JobSpec document, validates it, and normalises it to the distinct cells it names.
 *
 * <p>What always holds here: pure code (no Spring, no SQL, no clock). No duplicate cell leaves this room, no distinct
 * cell is lost in it, and what was dropped is counted. The refusal of a document names all of its faults at once.
 */
@NullMarked
package io.projectbeacon.runner.jobspec;

import org.jspecify.annotations.NullMarked;
