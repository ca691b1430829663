package io.projectbeacon.runner.jobspec;

/**
 * A cell that a document names more than once, with the number of repetitions.
 *
 * @param cell the cell
 * @param occurrences how often the raw arrays name the cell, less one; always positive
 */
public record CellDuplicates(SpecCell cell, long occurrences) {

    public CellDuplicates {
        if (occurrences < 1) {
            throw new IllegalArgumentException("occurrences must be positive, not " + occurrences);
        }
    }
}
