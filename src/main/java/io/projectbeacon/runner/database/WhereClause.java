package io.projectbeacon.runner.database;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The conditions of a list that were asked for, and no others: one that would match everything, such as
 * {@code :id IS NULL OR id < :id}, keeps the planner from the index that makes the hundredth page as cheap as the
 * first.
 */
public final class WhereClause {

    private final StringBuilder sql = new StringBuilder("WHERE true");
    private final Map<String, Object> values = new LinkedHashMap<>();

    /**
     * Adds a condition.
     *
     * @param condition SQL that names the parameter
     * @param value null when nothing is asked for
     */
    public WhereClause and(String condition, String parameter, @Nullable Object value) {
        if (value != null) {
            sql.append(" AND ").append(condition);
            values.put(parameter, value);
        }
        return this;
    }

    /** The statement, with the conditions in the place of {@code {where}}. */
    public JdbcClient.StatementSpec in(JdbcClient jdbc, String statement) {
        return jdbc.sql(statement.replace("{where}", sql)).params(values);
    }
}
