package io.projectbeacon.runner.execution;

import java.util.Objects;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Statements that many wait for: one that takes long is given up, and asked for again or reported as not made. */
public final class ImpatientClient {

    static final int TIMEOUT_SECONDS = 3;

    private ImpatientClient() {}

    /** On the same connections, but each statement gives up after {@link #TIMEOUT_SECONDS}. */
    public static JdbcClient of(JdbcTemplate template) {
        JdbcTemplate impatient = new JdbcTemplate(Objects.requireNonNull(template.getDataSource()));
        impatient.setQueryTimeout(TIMEOUT_SECONDS);
        return JdbcClient.create(impatient);
    }
}
