package io.projectbeacon.runner.embedded;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What to do when PostgreSQL, or a pooler before it, refuses something at the start. */
final class DatabaseAdvice {

    private DatabaseAdvice() {}

    /** The end of a sentence, without its full stop. */
    static String of(SQLException e) {
        if (reason(e).contains("statement pooling mode")) {
            return "set pool_mode = transaction in pgbouncer.ini";
        }
        return switch (String.valueOf(e.getSQLState())) {
            case "28P01", "28000" -> "correct spring.datasource.username and spring.datasource.password";
            case "3D000" -> "create it (CREATE DATABASE), or correct spring.datasource.url";
            case "3F000", "42501" ->
                "let the role of spring.datasource.username own the tables, and GRANT it USAGE and CREATE on their schema";
            case "25006" ->
                "name a server and a role that write in spring.datasource.url and spring.datasource.username";
            case "53100" -> "make room on the server's disk";
            case "53300" -> "raise max_connections on the server, or the role's CONNECTION LIMIT";
            case "55P03", "57014", "40P01" ->
                "another session holds the tables, or the role's time-out is too short: look at pg_stat_activity, then start again";
            case "57P03" -> "wait until the server has started, then start again";
            default ->
                "start it, or correct spring.datasource.url, spring.datasource.username and spring.datasource.password";
        };
    }

    /** The first line of what was said; PostgreSQL's hints and positions follow it. */
    static String reason(Throwable e) {
        @Nullable String message = e.getMessage();
        return message == null ? "no reason given" : message.lines().findFirst().orElse("");
    }
}
