package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.logs.SparingLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The key in a file, read again when the file has changed: a mounted secret is replaced without a restart. */
final class KeyFile {

    private static final Logger log = LoggerFactory.getLogger(KeyFile.class);

    private record Version(FileTime modified, long size, Object file) {}

    private final SparingLog unreadable = new SparingLog();
    private final Path file;
    private @Nullable Version version;
    private @Nullable String key;

    KeyFile(Path file) {
        this.file = file;
    }

    /** The key; while the file cannot be read, the one that was read last. */
    synchronized @Nullable String key() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            Version now =
                    new Version(attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey()));
            if (!now.equals(version)) {
                version = now;
                replace(Files.readString(file).strip());
            }
        } catch (IOException away) {
            unreadable.line(before -> log.warn(
                    "The key of a region cannot be read from {}; calls go on with the last one: {}",
                    file,
                    away.toString()));
        }
        return key;
    }

    /** A file that is just being written may be empty, and what a header cannot hold cannot be sent. */
    private void replace(String text) {
        if (!text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            key = text;
        } else {
            log.warn("{} holds no key that can be sent; calls go on with the last one", file);
        }
    }
}
