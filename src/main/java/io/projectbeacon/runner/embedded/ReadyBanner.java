package io.projectbeacon.runner.embedded;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/** Logs the addresses of the service once it is ready, and a first command to try. */
final class ReadyBanner implements ApplicationListener<ApplicationReadyEvent> {

    private static final Logger log = LoggerFactory.getLogger(ReadyBanner.class);

    private final JdbcConnectionDetails database;
    private final @Nullable EmbeddedOwnership ownership;

    ReadyBanner(JdbcConnectionDetails database, @Nullable EmbeddedOwnership ownership) {
        this.database = database;
        this.ownership = ownership;
    }

    @Override
    public void onApplicationEvent(ApplicationReadyEvent event) {
        Environment environment = event.getApplicationContext().getEnvironment();
        String port = environment.getProperty("local.server.port");
        if (port != null) {
            String base = "http://localhost:" + port + environment.getProperty("server.servlet.context-path", "");
            log.info(text(base, data()));
        }
    }

    /** The first line is the link to the pages, which have something to see and to touch at once. */
    static String text(String base, String data) {
        return """
                Beacon Runner is ready: open %1$s
                  API:     %1$s/api/v1/jobs
                  Metrics: %1$s/metrics
                  Data:    %2$s
                  Try a job that names a model twice; the second is stopped before inference:
                  curl -s %1$s/api/v1/jobs -H 'Content-Type: application/json' \
                -d '{"models": ["llama3.2-1b","llama3.2-1b"], "regions": ["us-east"], "prompt": "Who are you?"}'""".formatted(base, data);
    }

    private String data() {
        String url = DatabaseCheck.withoutParameters(database.getJdbcUrl());
        return ownership == null
                ? url
                : "%s (embedded PostgreSQL at %s, user %s, password in postgres/password)"
                        .formatted(ownership.directory(), url, PostgresServer.USER);
    }
}
