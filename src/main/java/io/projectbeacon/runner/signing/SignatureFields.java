package io.projectbeacon.runner.signing;

import io.projectbeacon.runner.signing.Refusal.Reason;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of a signed JobSpec that are about its signature, each in its one form.
 *
 * @param publicKey in base64, as it was received
 * @param signature its bytes
 * @param time of signing, by the signer's clock
 */
record SignatureFields(String publicKey, byte[] signature, String nonce, Instant time) {

    private static final Duration LONGEST_WAY = Duration.ofMinutes(5);

    /** Printable, so that it can be logged and stored; short, because it is kept as long as its job. */
    private static final Pattern NONCE = Pattern.compile("[!-~]{1,128}");

    private static final int LONGEST_TIME = 64;

    static SignatureFields read(ObjectNode spec) throws RefusedException {
        String signature = text(spec.get("signature"));
        String key = text(spec.get("public_key"));
        if (isAbsent(spec.get("signature")) || isAbsent(spec.get("public_key"))) {
            throw new RefusedException(
                    Reason.SIGNATURE_INCOMPLETE,
                    isAbsent(spec.get("signature")) ? "/signature" : "/public_key",
                    "A signed JobSpec has both a signature and a public_key.");
        }
        byte[] signatureBytes = signature == null
                ? null
                : Ed25519.decode(signature, Ed25519.SIGNATURE_BYTES).orElse(null);
        if (signatureBytes == null || !Ed25519.isWellFormed(signatureBytes)) {
            throw new RefusedException(
                    Reason.SIGNATURE_MALFORMED,
                    "/signature",
                    "It must be the 64 bytes of an Ed25519 signature in base64, with padding and in one spelling only.");
        }
        if (key == null
                || Ed25519.decode(key, Ed25519.KEY_BYTES)
                        .flatMap(Ed25519::publicKey)
                        .isEmpty()) {
            throw new RefusedException(
                    Reason.PUBLIC_KEY_MALFORMED,
                    "/public_key",
                    "It must be the 32 bytes of an Ed25519 public key in base64, with padding, of no low order, and in"
                            + " one spelling only.");
        }
        JsonNode metadata = spec.path("metadata");
        return new SignatureFields(key, signatureBytes, nonce(metadata.get("nonce")), time(metadata.get("timestamp")));
    }

    /** Whether a document that was signed then may have been on its way until now. */
    static boolean isNear(Instant signed, Instant now) {
        return Duration.between(signed, now).abs().compareTo(LONGEST_WAY) <= 0;
    }

    private static String nonce(@Nullable JsonNode value) throws RefusedException {
        String nonce = text(value);
        if (nonce == null || !NONCE.matcher(nonce).matches()) {
            throw new RefusedException(
                    Reason.NONCE_MALFORMED,
                    "/metadata/nonce",
                    "A signed JobSpec has a nonce here: 1 to 128 printable characters of ASCII, never used before.");
        }
        return nonce;
    }

    private static Instant time(@Nullable JsonNode value) throws RefusedException {
        String time = text(value);
        try {
            if (time != null && time.length() <= LONGEST_TIME) {
                return OffsetDateTime.parse(time).toInstant();
            }
        } catch (DateTimeException notATime) {
            // Refused below, like all else that is no time.
        }
        throw new RefusedException(
                Reason.TIMESTAMP_MALFORMED,
                "/metadata/timestamp",
                "A signed JobSpec has the time of signing here, as in \"2026-01-31T12:00:00Z\".");
    }

    private static boolean isAbsent(@Nullable JsonNode value) {
        return value == null || value.isNull();
    }

    private static @Nullable String text(@Nullable JsonNode value) {
        return value != null && value.isString() ? value.stringValue() : null;
    }
}
