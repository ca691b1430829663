package io.projectbeacon.runner.database;

import java.util.function.Function;

/**
 * A statement in the forms in which {@link GroupCommit}'s users send it.
 *
 * @param together for a batch
 * @param togetherForOne for a batch of one row
 * @param alone for one row that the batch skipped
 */
public record BatchStatement(String together, String togetherForOne, String alone) {

    /** @param sql writes the statement in a form */
    public static BatchStatement of(Function<StatementForm, String> sql) {
        return new BatchStatement(
                sql.apply(StatementForm.TOGETHER),
                sql.apply(StatementForm.TOGETHER_FOR_ONE),
                sql.apply(StatementForm.ALONE));
    }

    /** @param rows of the batch, at least 1 */
    public String together(int rows) {
        return rows == 1 ? togetherForOne : together;
    }
}
