package io.projectbeacon.runner.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;

class FailuresTest {

    @Test
    void a_lost_connection_is_told_by_the_innermost_cause_with_words_and_without_the_statement() {
        Throwable failure = new DataAccessResourceFailureException(
                "PreparedStatementCallback; SQL [SELECT\n1]; An I/O error occurred",
                new SQLException("An I/O error occurred", new EOFException()));
        assertThat(Failures.inWords(failure)).isEqualTo("An I/O error occurred");
    }

    @Test
    void the_servers_words_are_one_line() {
        assertThat(Failures.inWords(new SQLException("ERROR: no\n  Detail: row (1) is in the way.")))
                .isEqualTo("ERROR: no Detail: row (1) is in the way.");
    }

    @Test
    void a_cause_without_words_is_told_by_its_kind() {
        assertThat(Failures.inWords(new EOFException())).isEqualTo("EOFException");
    }
}
