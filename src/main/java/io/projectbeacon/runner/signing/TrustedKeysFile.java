package io.projectbeacon.runner.signing;

import java.security.PublicKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/**
 * The form of the file of trusted keys. It is read strictly: a misspelt {@code not_after} that were passed over would be a
 * key for ever.
 */
final class TrustedKeysFile {

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    /** The document. */
    private record Document(@Nullable List<@Nullable Entry> keys) {}

    /** @param comment for people; not read */
    private record Entry(
            @Nullable String publicKey,
            @Nullable List<@Nullable String> callers,
            @Nullable String notBefore,
            @Nullable String notAfter,
            @Nullable String comment) {}

    private TrustedKeysFile() {}

    /**
     * The keys, by their text in base64.
     *
     * @throws IllegalArgumentException with a message that says what is wrong
     */
    static Map<String, TrustedKey> parse(byte[] text) {
        Document document;
        try {
            document = JSON.readValue(text, Document.class);
        } catch (JacksonException malformed) {
            throw new IllegalArgumentException("it is not of its form: " + told(malformed), malformed);
        }
        if (document == null || document.keys() == null) {
            throw new IllegalArgumentException("it is not an object with an array of keys");
        }
        Map<String, TrustedKey> keys = new HashMap<>();
        for (int n = 0; n < document.keys().size(); n++) {
            Entry entry = document.keys().get(n);
            if (entry == null || entry.publicKey() == null) {
                throw wrong(n, "has no public_key");
            }
            if (keys.put(entry.publicKey(), key(n, entry, entry.publicKey())) != null) {
                throw wrong(n, "has the public_key of one before it");
            }
        }
        return Map.copyOf(keys);
    }

    /** What is wrong, without names of classes and places in memory. */
    private static String told(JacksonException malformed) {
        return malformed.getOriginalMessage().split(" \\((start marker|class|through) ")[0];
    }

    private static TrustedKey key(int n, Entry entry, String base64) {
        PublicKey key = Ed25519.decode(base64, Ed25519.KEY_BYTES)
                .flatMap(Ed25519::publicKey)
                .orElseThrow(() -> wrong(n, "has a public_key that is not the 32 bytes of an Ed25519 key in base64"));
        List<@Nullable String> callers = entry.callers();
        if (callers == null || callers.isEmpty() || callers.stream().anyMatch(name -> name == null || name.isBlank())) {
            throw wrong(n, "must list the callers that the key signs for, by name");
        }
        Instant notBefore = time(n, entry.notBefore());
        Instant notAfter = time(n, entry.notAfter());
        if (notBefore != null && notAfter != null && notAfter.isBefore(notBefore)) {
            throw wrong(n, "has a not_after before its not_before");
        }
        return new TrustedKey(
                key, callers.stream().map(String::valueOf).collect(Collectors.toSet()), notBefore, notAfter);
    }

    private static @Nullable Instant time(int n, @Nullable String text) {
        try {
            return text == null ? null : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw wrong(n, "has a time that is not of the form 2026-01-31T00:00:00Z");
        }
    }

    private static IllegalArgumentException wrong(int n, String what) {
        return new IllegalArgumentException("key %d of it %s".formatted(n + 1, what));
    }
}
