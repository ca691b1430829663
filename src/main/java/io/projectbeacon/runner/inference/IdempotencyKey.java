package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Names a paid call for the provider: {@code {jobspec_id}/{region}/{model_id}/{question number}/{tag}}. The key stays the
 * same while the outcome of a call under it is unknown, so that a provider which honours it runs the call once. When it has
 * been given up for the n-th time it ends in {@code /r{n}}, since providers replay a remembered failure too.
 */
final class IdempotencyKey {

    /** Providers take 255 characters, and refuse a longer key or cut it off. */
    private static final int MOST_CHARACTERS = 255;

    private static final String UNRESERVED = "-._~";

    private IdempotencyKey() {}

    static String of(InferenceRequest request) {
        StringBuilder name = new StringBuilder();
        encode(request.jobspecId(), name);
        encode(request.region(), name.append('/'));
        encode(request.modelId(), name.append('/'));
        name.append('/').append(request.questionNumber());
        if (request.keyTag() != null) {
            name.append('/').append(request.keyTag());
        }
        String number = request.keyNumber() > 0 ? "/r" + request.keyNumber() : "";
        // Without a tag the job is from a version that sent keys of any length; its keys do not change.
        return request.keyTag() != null && name.length() + number.length() > MOST_CHARACTERS
                ? "beacon/" + Sha256.hex(name.toString().getBytes(StandardCharsets.US_ASCII)) + number
                : name + number;
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
