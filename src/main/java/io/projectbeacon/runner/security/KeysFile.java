package io.projectbeacon.runner.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of a mounted file. A thread of its own looks at it four times a second, whether requests come or not: the
 * first request after a key was removed is refused already. What it reads counts once two looks in a row have read the
 * same, so a file that is still being written takes no key away.
 */
final class KeysFile implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(KeysFile.class);
    private static final Duration PERIOD = Duration.ofMillis(250);
    private static final long LARGEST = 4 << 20;

    /** What a look has read: the text, or why there is none. */
    private record Look(@Nullable String text, String failure) {}

    private final Path path;
    private final ScheduledExecutorService thread;
    private Look last;
    private Look judged;
    private volatile List<ApiKey> keys;
    private volatile @Nullable String fault;

    private KeysFile(Path path, Look first, List<ApiKey> keys) {
        this.path = path;
        this.last = first;
        this.judged = first;
        this.keys = keys;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("keys-file").factory());
    }

    static KeysFile open(Path path) {
        Look first = read(path);
        try {
            KeysFile file = new KeysFile(path, first, parse(first));
            file.thread.scheduleWithFixedDelay(file::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
            return file;
        } catch (IllegalArgumentException broken) {
            throw new SecuritySettingsException("The keys in %s (beacon.security.api-keys-file) cannot be used: %s."
                    .formatted(path, broken.getMessage()));
        }
    }

    /** The keys of the file as it stood when it was last in order. */
    List<ApiKey> keys() {
        return keys;
    }

    Optional<String> fault() {
        return Optional.ofNullable(fault);
    }

    private void look() {
        Look now = read(path);
        boolean settled = now.equals(last);
        last = now;
        if (settled && !now.equals(judged)) {
            judged = now;
            judge(now);
        }
    }

    private void judge(Look look) {
        try {
            keys = parse(look);
            fault = null;
            log.info("Keys read from {}: {}", path, keys.size());
        } catch (IllegalArgumentException broken) {
            fault = broken.getMessage();
            log.warn("The keys in {} cannot be used, the last ones stay in force: {}", path, fault);
        }
    }

    private static List<ApiKey> parse(Look look) {
        if (look.text == null) {
            throw new IllegalArgumentException(look.failure);
        }
        if (look.text.isBlank()) {
            throw new IllegalArgumentException("it is empty; a file that takes all keys back has a comment in it");
        }
        return ApiKey.parse(look.text.lines().toList());
    }

    private static Look read(Path path) {
        try {
            if (Files.size(path) > LARGEST) {
                return new Look(null, "it has more than " + LARGEST + " bytes");
            }
            return new Look(Files.readString(path), "");
        } catch (IOException away) {
            return new Look(null, away.toString());
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
