package io.projectbeacon.runner.embedded;

import java.sql.SQLException;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.exception.FlywayValidateException;
import org.flywaydb.core.internal.exception.FlywayMigrateException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Says in one sentence why the tables could not be made or changed, and what to do; Flyway takes a dozen lines. */
@Order(Ordered.HIGHEST_PRECEDENCE)
class MigrationFailureAnalyzer extends AbstractFailureAnalyzer<FlywayException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, FlywayException cause) {
        return new FailureAnalysis(sentence(cause), null, cause);
    }

    private static String sentence(FlywayException cause) {
        @Nullable SQLException refused = refusal(cause);
        if (refused != null) {
            return "The database's tables could not be migrated (%s%s); %s."
                    .formatted(migration(cause), DatabaseAdvice.reason(refused), advice(refused));
        }
        if (cause instanceof FlywayValidateException) {
            return "The database's tables were migrated by other files than this build has (%s); start the build that migrated them, or set spring.datasource.url to another database."
                    .formatted(detail(cause));
        }
        if (String.valueOf(cause.getMessage()).contains("non-empty schema")) {
            return "The database holds tables that are not this service's (%s); set spring.datasource.url to a database of its own."
                    .formatted(DatabaseAdvice.reason(cause).replaceFirst(" Use baseline.*", ""));
        }
        return "The database's tables could not be migrated (%s); nothing was changed: each migration is one transaction."
                .formatted(DatabaseAdvice.reason(cause));
    }

    private static String advice(SQLException refused) {
        String state = String.valueOf(refused.getSQLState());
        // A connection that broke, or was never made, is not the migration's fault.
        return state.matches("08...|28...|3D000|3F000|42501|25006|53...|55P03|57...|40P01")
                ? DatabaseAdvice.of(refused)
                : "nothing was changed, since each migration is one transaction: mend what it says, then start again";
    }

    private static @Nullable SQLException refusal(Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof SQLException refused) {
                return refused;
            }
        }
        return null;
    }

    private static String migration(FlywayException cause) {
        return cause instanceof FlywayMigrateException failed && failed.getMigration() != null
                ? failed.getMigration().getScript() + ": "
                : "";
    }

    /** What is wrong with the first migration: the second line. */
    private static String detail(FlywayException cause) {
        return String.valueOf(cause.getMessage())
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .skip(1)
                .findFirst()
                .orElse(DatabaseAdvice.reason(cause));
    }
}
