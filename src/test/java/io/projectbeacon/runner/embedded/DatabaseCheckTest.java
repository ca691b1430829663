package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.support.TestServers;
import java.util.Map;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

class DatabaseCheckTest {

    private final String url = TestServers.newEmptyDatabase().replaceFirst("\\?.*", "");

    @Test
    void aDatabaseOlderThanTheOldestIsRefused() {
        assertThatThrownBy(() -> check(TestServers.password(), 99))
                .isInstanceOf(CannotStartException.class)
                .hasMessage(
                        "The database at %s is PostgreSQL 18; set spring.datasource.url to one of version 99 or newer.",
                        url);
    }

    @Test
    void aDatabaseOfTheOldestVersionWillDo() {
        assertThatCode(() -> check(TestServers.password(), 18)).doesNotThrowAnyException();
    }

    @Test
    void aWrongPasswordIsSaid() {
        assertThatThrownBy(() -> check("wrong", DatabaseCheck.OLDEST))
                .isInstanceOf(CannotStartException.class)
                .hasMessageContaining("password authentication failed for user \"beacon\"")
                .hasMessageContaining("correct spring.datasource.username and spring.datasource.password.");
    }

    private void check(String password, int oldest) {
        new DatabaseCheck(new Details(url, password), Map.of(), oldest).customize(new FluentConfiguration());
    }

    private record Details(String getJdbcUrl, String getPassword) implements JdbcConnectionDetails {
        @Override
        public String getUsername() {
            return TestServers.username();
        }
    }
}
