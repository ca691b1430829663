package io.projectbeacon.runner.database;

import io.projectbeacon.runner.logs.Failures;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;

/**
 * Says once that a server is away, with the first cause and what the service does about it, and once that it is back.
 * An outage of minutes, met by a thousand cells, is two lines in the log.
 */
public final class OutageLog {

    private final Logger log;
    private final AtomicBoolean away = new AtomicBoolean();

    public OutageLog(Logger log) {
        this.log = log;
    }

    /** @param consequence what cannot be done now, and what will be done about it */
    public void away(String consequence, Throwable failure) {
        if (away.compareAndSet(false, true)) {
            log.warn("{}: {}", consequence, Failures.inWords(failure));
        } else {
            log.debug("{}", consequence, failure);
        }
    }

    /** What is wrong has changed: the next failure is said again. */
    public void changed() {
        away.set(false);
    }

    /** To be called after each success. */
    public void back(String news) {
        if (away.get() && away.compareAndSet(true, false)) {
            log.info("{}", news);
        }
    }
}
