package io.projectbeacon.runner.support;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** Collects what the service logs until it is closed. */
public final class Console implements AutoCloseable {

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.projectbeacon.runner");
    private final Level before = logger.getLevel();
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    public Console() {
        logger.setLevel(Level.INFO);
        lines.start();
        logger.addAppender(lines);
    }

    /** The lines that begin with a text, each as {@code LEVEL message key=value …}. */
    public List<String> lines(String beginning) {
        return List.copyOf(lines.list).stream()
                .filter(event -> event.getFormattedMessage().startsWith(beginning))
                .map(Console::text)
                .toList();
    }

    private static String text(ILoggingEvent event) {
        StringBuilder text = new StringBuilder(event.getLevel() + " " + event.getFormattedMessage());
        if (event.getKeyValuePairs() != null) {
            for (KeyValuePair pair : event.getKeyValuePairs()) {
                text.append(' ').append(pair.key).append('=').append(pair.value);
            }
        }
        return text.toString();
    }

    @Override
    public void close() {
        logger.detachAppender(lines);
        logger.setLevel(before);
    }
}
