package io.projectbeacon.runner.inference;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Names a paid call for the provider: {@code {jobspec_id}/{region}/{model_id}/{question number}}. The key stays the
 * same when a call with an unknown outcome is repeated, so that a provider which honours it runs the call once. After
 * the n-th definite failure it ends in {@code /r{n}}, since providers replay a remembered failure too.
 */
final class IdempotencyKey {

    private static final String UNRESERVED = "-._~";

    private IdempotencyKey() {}

    static String of(InferenceRequest request) {
        StringBuilder key = new StringBuilder();
        encode(request.jobspecId(), key);
        encode(request.region(), key.append('/'));
        encode(request.modelId(), key.append('/'));
        key.append('/').append(request.questionNumber());
        if (request.definiteFailures() > 0) {
            key.append("/r").append(request.definiteFailures());
        }
        return key.toString();
    }

    /** RFC 3986: unreserved characters stay, every other byte of the UTF-8 form is {@code %XX}. */
    private static void encode(String part, StringBuilder to) {
        for (byte b : part.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || UNRESERVED.indexOf(c) >= 0) {
                to.append(c);
            } else {
                to.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
    }
}
