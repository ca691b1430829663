package io.projectbeacon.runner.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.jobspec.SpecContent;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What Jazzer calls with bytes that it makes up: what is signed says what was sent, and has one form. */
public final class CanonicalFuzzer {

    private static final List<String> NOT_SIGNED = List.of("id", "signature", "public_key");

    private CanonicalFuzzer() {}

    public static void fuzzerTestOneInput(byte[] body) {
        ObjectNode sent;
        try {
            sent = SpecContent.parse(new String(body, UTF_8));
        } catch (IllegalArgumentException notRead) {
            return; // It never comes to be signed.
        }
        byte[] canonical;
        try {
            canonical = Canonical.of(sent);
        } catch (RefusedException refused) {
            require(!refused.refusal().detail().isBlank(), "a refusal without a reason");
            return;
        }
        check(sent, canonical);
    }

    private static void check(ObjectNode sent, byte[] canonical) {
        ObjectNode signed = SpecContent.parse(new String(canonical, UTF_8));
        NOT_SIGNED.forEach(sent::remove);
        require(SpecContent.differences(sent, signed).isEmpty(), "other values are signed than were sent");
        try {
            require(Arrays.equals(Canonical.of(signed), canonical), "one document has two forms");
        } catch (RefusedException refused) {
            // A double keeps 1e18; its canonical form has no exponent, and passes for a whole number that is rounded.
            require(refused.refusal().detail().startsWith("A whole number past 2^53"), "a canonical form is refused");
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
