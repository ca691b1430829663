package io.projectbeacon.runner.signing;

import io.projectbeacon.runner.signing.Refusal.Reason;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.Set;
import org.erdtman.jcs.JsonCanonicalizer;
import org.erdtman.jcs.NumberToJSON;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The one text of a JobSpec that is signed: RFC 8785, without the fields that cannot be, or are not, signed.
 *
 * <p>The RFC writes numbers as doubles, and texts as Unicode. A number that a double does not keep, or half of a surrogate
 * pair, would be written as something else, so that two documents had one signature: both are refused first. The tree has been
 * read strictly (depth, lengths of numbers, no name twice), so the canonicaliser, which is recursive, is given nothing that
 * could hurt it.
 */
final class Canonical {

    /** Of the top level: the name of the job, which may be given when it is sent, and what is about the signature itself. */
    private static final Set<String> NOT_SIGNED = Set.of("id", "signature", "public_key");

    private static final BigInteger LARGEST_WHOLE = BigInteger.TWO.pow(53);

    /** As in -0.0000012345678901234567. The library writes 1e-320 with 140 zeros, as no other does. */
    private static final int LONGEST_NUMBER = 25;

    private Canonical() {}

    static byte[] of(ObjectNode spec) throws RefusedException {
        ObjectNode signed = spec.objectNode();
        spec.forEachEntry((name, value) -> {
            if (!NOT_SIGNED.contains(name)) {
                signed.set(name, value);
            }
        });
        requireExact(signed);
        try {
            return new JsonCanonicalizer(signed.toString()).getEncodedUTF8();
        } catch (IOException | RuntimeException unreadable) {
            throw refused("The document has no canonical form by RFC 8785.");
        }
    }

    /* The place of a refusal is put together on the way out: a place for each of a document's values would be too many. */
    private static void requireExact(JsonNode node) throws RefusedException {
        switch (node.getNodeType()) {
            case OBJECT -> {
                for (Map.Entry<String, JsonNode> field : node.properties()) {
                    requireUnicode(field.getKey());
                    requireExact(field.getValue(), field.getKey());
                }
            }
            case ARRAY -> {
                for (int index = 0; index < node.size(); index++) {
                    requireExact(node.get(index), index);
                }
            }
            case STRING -> requireUnicode(node.stringValue());
            case NUMBER -> requireDouble(node);
            default -> {}
        }
    }

    private static void requireExact(JsonNode inner, Object token) throws RefusedException {
        try {
            requireExact(inner);
        } catch (RefusedException refused) {
            throw refused.within(token.toString());
        }
    }

    private static void requireUnicode(String text) throws RefusedException {
        for (int at = 0; at < text.length(); at++) {
            if (Character.isSurrogate(text.charAt(at))) {
                if (Character.charCount(text.codePointAt(at)) == 1) {
                    throw refused("Half of a surrogate pair cannot be signed.");
                }
                at++;
            }
        }
    }

    private static void requireDouble(JsonNode number) throws RefusedException {
        if (number.isIntegralNumber()) {
            if (number.bigIntegerValue().abs().compareTo(LARGEST_WHOLE) > 0) {
                throw refused("A whole number past 2^53 cannot be signed: readers round it. Send it as a string.");
            }
        } else if (!keeps(number.decimalValue())) {
            throw refused("A number that a double does not keep cannot be signed. Send it as a string.");
        }
    }

    /** Whether the number that the canonical form writes is this one. */
    private static boolean keeps(BigDecimal number) {
        double rounded = number.doubleValue();
        // Compared by sign first: a number next to zero with an exponent of ten digits is never expanded.
        if (!Double.isFinite(rounded) || Math.signum(rounded) != number.signum()) {
            return false;
        }
        try {
            String written = NumberToJSON.serializeNumber(rounded);
            return written.length() <= LONGEST_NUMBER && new BigDecimal(written).compareTo(number) == 0;
        } catch (IOException notFinite) {
            return false;
        }
    }

    private static RefusedException refused(String detail) {
        return new RefusedException(Reason.NOT_CANONICAL, "", detail);
    }
}
