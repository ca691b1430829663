package io.projectbeacon.runner.jobspec;

/**
 * The most that one job may name, and its document hold.
 *
 * @param models distinct model ids
 * @param regions distinct regions
 * @param cells distinct region × model cells
 * @param questions distinct questions
 * @param nodes values of the document, in unknown fields too: each object, array, string, number, true, false and null
 * @throws IllegalArgumentException when one of them is not positive
 */
public record Limits(int models, int regions, int cells, int questions, int nodes) {

    public Limits {
        requirePositive("models", models);
        requirePositive("regions", regions);
        requirePositive("cells", cells);
        requirePositive("questions", questions);
        requirePositive("nodes", nodes);
    }

    /** 1,000 models, 100 regions, 10,000 cells, 100 questions, 100,000 values. */
    public static Limits defaults() {
        return new Limits(1_000, 100, 10_000, 100, 100_000);
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("the limit of " + name + " must be positive, not " + value);
        }
    }
}
