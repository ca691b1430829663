package io.projectbeacon.runner.security;

import java.time.Duration;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The table sessions. It has no token and no key in it, only their hashes: who reads it cannot log in. */
@Component
class SessionRows {

    private static final String INSERT = """
            INSERT INTO sessions (token_sha256, key_sha256, expires_at)
            VALUES (:token, :key, now() + make_interval(secs => :seconds))
            """;

    private static final String KEY_OF = """
            SELECT key_sha256 FROM sessions WHERE token_sha256 = :token AND expires_at > now()
            """;

    private static final String DELETE = """
            DELETE FROM sessions WHERE token_sha256 = :token
            """;

    private static final String DELETE_EXPIRED = """
            DELETE FROM sessions WHERE expires_at <= now()
            """;

    private final ObjectProvider<JdbcClient> database;

    /** @param database asked for late: filters are made before the database is looked for, whose absence is told in one sentence */
    SessionRows(ObjectProvider<JdbcClient> database) {
        this.database = database;
    }

    /** Nothing else has to look for rows that have expired: there are as many of them as there were logins. */
    void insert(String tokenHash, String keyHash, Duration life) {
        JdbcClient jdbc = database.getObject();
        jdbc.sql(DELETE_EXPIRED).update();
        jdbc.sql(INSERT)
                .param("token", tokenHash)
                .param("key", keyHash)
                .param("seconds", life.toSeconds())
                .update();
    }

    Optional<String> keyHashOf(String tokenHash) {
        return database.getObject()
                .sql(KEY_OF)
                .param("token", tokenHash)
                .query(String.class)
                .optional();
    }

    void delete(String tokenHash) {
        database.getObject().sql(DELETE).param("token", tokenHash).update();
    }
}
