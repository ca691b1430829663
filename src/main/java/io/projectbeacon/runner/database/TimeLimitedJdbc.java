package io.projectbeacon.runner.database;

import java.util.Objects;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** JDBC with a time limit on each statement, for statements that many callers wait for. */
public final class TimeLimitedJdbc {

    /** The longest that one statement may take, in seconds. */
    public static final int TIMEOUT_SECONDS = 3;

    private TimeLimitedJdbc() {}

    /** Uses the same connections; a statement throws after {@link #TIMEOUT_SECONDS}. */
    public static JdbcClient of(JdbcTemplate template) {
        JdbcTemplate limited = new JdbcTemplate(Objects.requireNonNull(template.getDataSource()));
        limited.setQueryTimeout(TIMEOUT_SECONDS);
        return JdbcClient.create(limited);
    }
}
