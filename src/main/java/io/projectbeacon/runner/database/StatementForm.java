package io.projectbeacon.runner.database;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The forms of a statement about rows that come as arrays. They differ in two places: the rows, and what a lock waits
 * for.
 */
public enum StatementForm {
    /** Many rows; a row of the table that another transaction has locked is skipped. */
    TOGETHER(false, true),
    /** A batch of one row, which is skipped if it is locked. */
    TOGETHER_FOR_ONE(true, true),
    /** One row; waits for its lock. */
    ALONE(true, false),
    /** Many rows; waits for the lock of each. */
    WAITING(false, false);

    private final boolean one;
    private final boolean skipsLocked;

    StatementForm(boolean one, boolean skipsLocked) {
        this.one = one;
        this.skipsLocked = skipsLocked;
    }

    /**
     * SQL for the rows; {@code AS name (columns)} follows it.
     *
     * <p>Of an array that it does not know, the planner expects ten rows. For one row, the plan for ten looks expensive
     * beside one that knows the array, so the statement would be planned anew each time, which takes longer than it
     * takes to run. An array's first element is one row whatever the array is, so its plan is kept.
     *
     * @param arrays one parameter a column, such as {@code :jobs} or {@code :codes::text[]}
     */
    public String rows(String... arrays) {
        return one ? "(SELECT " + first(arrays) + ")" : "unnest(" + String.join(", ", arrays) + ")";
    }

    /** As {@link #rows}, with the number of each row, from 1, as the last column. */
    public String numberedRows(String... arrays) {
        return one ? "(SELECT " + first(arrays) + ", 1)" : "unnest(" + String.join(", ", arrays) + ") WITH ORDINALITY";
    }

    /** @param lock such as {@code FOR SHARE} */
    public String locking(String lock) {
        return skipsLocked ? lock + " SKIP LOCKED" : lock;
    }

    private static String first(String... arrays) {
        return Arrays.stream(arrays).map(array -> "(" + array + ")[1]").collect(Collectors.joining(", "));
    }
}
