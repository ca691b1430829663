package io.projectbeacon.runner.jobspec;

/**
 * How often a document names a cell beyond the first time.
 *
 * @param cell the cell
 * @param occurrences how often the raw arrays name it, less one; always positive
 */
public record CellDuplicates(Cell cell, long occurrences) {

    public CellDuplicates {
        if (occurrences < 1) {
            throw new IllegalArgumentException("occurrences must be positive, not " + occurrences);
        }
    }
}
