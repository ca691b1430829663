package io.projectbeacon.runner.cli;

import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.erdtman.jcs.JsonCanonicalizer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Signs a JobSpec as docs/signing.md says. It shares no code with the service that verifies it; numbers stay as they were
 * written, so that the service can name one that cannot be signed.
 */
final class SpecSigner {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private SpecSigner() {}

    static String sign(byte[] document, SigningKey key, String nonce, Instant time) {
        ObjectNode spec = read(document);
        JsonNode metadata = spec.path("metadata");
        if (!metadata.isMissingNode() && !metadata.isObject()) {
            throw refused("its metadata is no object");
        }
        spec.withObject("/metadata").put("nonce", nonce).put("timestamp", time.toString());
        spec.without(List.of("signature", "public_key"));
        byte[] signature = key.sign(canonical(spec));
        return spec.put("public_key", base64(key.publicKey()))
                .put("signature", base64(signature))
                .toString();
    }

    /** What is signed: RFC 8785, without the id and what is about the signature itself. */
    static byte[] canonical(ObjectNode spec) {
        try {
            ObjectNode signed = spec.deepCopy().without(List.of("id", "signature", "public_key"));
            return new JsonCanonicalizer(signed.toString()).getEncodedUTF8();
        } catch (IOException | RuntimeException unreadable) {
            throw refused("it has no canonical form by RFC 8785");
        }
    }

    static ObjectNode read(byte[] document) {
        try {
            if (JSON.readTree(document) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException notJson) {
            // The message may quote the document.
        }
        throw refused("it is no JSON object, or names a field twice");
    }

    private static CommandException refused(String why) {
        return new CommandException(ExitCode.REFUSED, "beacon: the JobSpec cannot be signed: " + why + ".");
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
