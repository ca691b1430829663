package io.projectbeacon.runner.embedded;

import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** How the data source reaches the embedded PostgreSQL. */
record EmbeddedPostgresConnectionDetails(PostgresServer server) implements JdbcConnectionDetails {

    @Override
    public String getUsername() {
        return PostgresServer.USER;
    }

    @Override
    public String getPassword() {
        return server.password();
    }

    @Override
    public String getJdbcUrl() {
        return server.jdbcUrl(PostgresServer.DATABASE);
    }
}
