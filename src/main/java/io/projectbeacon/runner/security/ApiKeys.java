package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** The keys that are in force: those of the settings, and those of the file as it stands now. */
@Component
class ApiKeys implements AutoCloseable {

    private final List<ApiKey> configured;
    private final @Nullable KeysFile file;

    ApiKeys(AccessProperties properties) {
        try {
            this.configured = ApiKey.parse(properties.apiKeys());
        } catch (IllegalArgumentException broken) {
            throw new SecuritySettingsException(
                    "beacon.security.api-keys cannot be used (%s); print a line for it with: %s"
                            .formatted(broken.getMessage(), NewKey.USAGE));
        }
        this.file = properties.apiKeysFile() == null ? null : KeysFile.open(properties.apiKeysFile());
    }

    /** Whether there is any place that keys come from; a file with no key in it refuses everyone. */
    boolean areConfigured() {
        return !configured.isEmpty() || file != null;
    }

    /**
     * The caller whose key it is. All known keys are compared, each in constant time, so the time that an answer takes
     * says nothing about them.
     */
    Optional<Caller> callerOf(String key) {
        if (!ApiKey.isKey(key)) {
            return Optional.empty();
        }
        return callerOfHash(ApiKey.hash(key));
    }

    /** The caller whose key has that SHA-256, which may have come from where a key was seen before. */
    Optional<Caller> callerOfHash(String sha256) {
        byte[] hash = bytes(sha256);
        Caller found = find(configured, hash);
        Caller foundInFile = file == null ? null : find(file.keys(), hash);
        return Optional.ofNullable(found != null ? found : foundInFile);
    }

    private static @Nullable Caller find(List<ApiKey> keys, byte[] hash) {
        Caller found = null;
        for (ApiKey known : keys) {
            if (MessageDigest.isEqual(bytes(known.sha256()), hash)) {
                found = known.caller();
            }
        }
        return found;
    }

    private static byte[] bytes(String hash) {
        return hash.getBytes(StandardCharsets.US_ASCII);
    }

    /** Why the file is not used as it stands; empty while it is. */
    Optional<String> fault() {
        return Optional.ofNullable(file).flatMap(KeysFile::fault);
    }

    /** How many keys there are, and of how many callers. */
    String summary() {
        List<ApiKey> inFile = file == null ? List.of() : file.keys();
        long callers = java.util.stream.Stream.concat(configured.stream(), inFile.stream())
                .map(key -> key.caller().name())
                .distinct()
                .count();
        return "%d keys of %d callers".formatted(configured.size() + inFile.size(), callers);
    }

    @Override
    public void close() {
        if (file != null) {
            file.close();
        }
    }
}
