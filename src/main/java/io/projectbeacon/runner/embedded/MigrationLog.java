package io.projectbeacon.runner.embedded;

import org.flywaydb.core.api.callback.BaseCallback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs each migration when it begins, since one may take long. Flyway's own logger is silenced in application.yml: it
 * says a failure beside the one sentence that the start ends with.
 */
final class MigrationLog extends BaseCallback {

    private static final Logger log = LoggerFactory.getLogger(MigrationLog.class);

    @Override
    public boolean supports(Event event, Context context) {
        return event == Event.BEFORE_EACH_MIGRATE;
    }

    @Override
    public void handle(Event event, Context context) {
        log.info(
                "Migrating the database's tables: {}",
                context.getMigrationInfo().getScript());
    }
}
