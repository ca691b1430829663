package io.projectbeacon.runner.signing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The trusted keys as the file has them now: it is looked at before each signature, and read again when it has changed.
 *
 * <p>While the file is away or broken no key is trusted. The keys that were read last would be the better guess if a file
 * were only ever half written; but who takes a stolen key out of it, and makes a mistake doing so, must not leave it trusted.
 */
final class TrustedKeys {

    private static final Logger log = LoggerFactory.getLogger(TrustedKeys.class);

    private static final int LARGEST_FILE = 1 << 20;

    /** A file that was written so shortly before it was read may be written again without looking any different. */
    private static final Duration CLOCK_TICK = Duration.ofSeconds(2);

    private record Version(FileTime modified, long size, String file) {}

    /** @param keys null while the file cannot be read; then {@code trouble} says why */
    private record State(
            @Nullable Version version,
            boolean settled,
            @Nullable Map<String, TrustedKey> keys,
            @Nullable String trouble) {}

    private final Path file;
    private State state;

    /** @throws IllegalArgumentException when the file cannot be read now, with a message that says why */
    TrustedKeys(Path file) {
        this.file = file;
        this.state = read();
        if (state.keys() == null) {
            throw new IllegalArgumentException(state.trouble());
        }
    }

    /** The keys that are trusted at this moment, by their text; null while the file cannot be read. */
    synchronized @Nullable Map<String, TrustedKey> now() {
        if (!state.settled() || !Objects.equals(state.version(), version())) {
            State before = state;
            state = read();
            tell(before, state);
        }
        return state.keys();
    }

    private State read() {
        Version version = version();
        boolean settled = version != null
                && version.modified().toInstant().isBefore(Instant.now().minus(CLOCK_TICK));
        try (InputStream in = Files.newInputStream(file)) {
            byte[] text = in.readNBytes(LARGEST_FILE + 1);
            if (text.length > LARGEST_FILE) {
                return new State(version, settled, null, "it is larger than 1 MiB");
            }
            return new State(version, settled, TrustedKeysFile.parse(text), null);
        } catch (IOException away) {
            return new State(version, false, null, "it cannot be read: " + away);
        } catch (IllegalArgumentException broken) {
            return new State(version, settled, null, broken.getMessage());
        }
    }

    private @Nullable Version version() {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return new Version(now.lastModifiedTime(), now.size(), String.valueOf(now.fileKey()));
        } catch (IOException away) {
            return null;
        }
    }

    private void tell(State before, State now) {
        Map<String, TrustedKey> keys = now.keys();
        if (keys == null && !Objects.equals(before.trouble(), now.trouble())) {
            log.error(
                    "No key is trusted until {} can be read again, and signed JobSpecs are answered 503: {}",
                    file,
                    now.trouble());
        } else if (keys != null && !keys.equals(before.keys())) {
            log.info("{} has changed: {} key(s) are trusted now", file, keys.size());
        }
    }
}
