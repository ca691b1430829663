package io.projectbeacon.runner.ui;

/**
 * A fault of the JobSpec in the editor.
 *
 * @param line where it is, from 1; 0 when that is not known
 * @param text what stands in that line
 * @param pointer as the API names the place; empty for the document as a whole
 */
record SpecFault(int line, String text, String pointer, String detail) {}
