package io.projectbeacon.runner.jobspec;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is kept of a document in its normal form once the document itself is erased: enough to know the same one again, by
 * the rules of {@link SpecContent}, and not to say what another one differs in.
 *
 * <p>It is salted, so that one prompt has another digest in each job and no table of digests finds it. A reader of
 * the digest who guesses the whole document can still try the guess.
 */
public final class ContentDigest {

    private static final String HMAC = "HmacSHA256";
    private static final int SALT_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Mac mac;

    private ContentDigest(byte[] salt) {
        try {
            mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(salt, HMAC));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + HMAC, e);
        }
    }

    /** The digest of a document, after a salt that is drawn for it: 48 bytes. */
    public static byte[] of(ObjectNode content) {
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        return salted(salt, content);
    }

    /** Whether the digest is that of this document, or of one from which it differs in nothing. */
    public static boolean matches(byte[] digest, ObjectNode content) {
        return MessageDigest.isEqual(digest, salted(Arrays.copyOf(digest, SALT_BYTES), content));
    }

    private static byte[] salted(byte[] salt, ObjectNode content) {
        ContentDigest digest = new ContentDigest(salt);
        digest.node(content);
        byte[] hash = digest.mac.doFinal();
        return ByteBuffer.allocate(salt.length + hash.length)
                .put(salt)
                .put(hash)
                .array();
    }

    /* Each part goes in after its kind and its length, so that no two documents go in alike. */
    private void node(JsonNode node) {
        if (node instanceof ObjectNode object) {
            begin('o', object.size());
            object.properties().stream()
                    .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
                    .forEach(field -> {
                        text('f', field.getKey());
                        node(field.getValue());
                    });
        } else if (node instanceof ArrayNode array) {
            begin('a', array.size());
            array.forEach(this::node);
        } else if (node.isNumber()) {
            text('n', value(node.decimalValue()));
        } else if (node.isString()) {
            text('s', node.asString());
        } else {
            text('w', node.toString()); // true, false, null
        }
    }

    /** The same for all spellings of one value; its exponent may be one that {@link BigDecimal} does not have. */
    private static String value(BigDecimal number) {
        String digits = number.unscaledValue().toString();
        String stripped = digits.replaceFirst("0+$", "");
        return stripped.isEmpty()
                ? "0"
                : stripped + "e" + (digits.length() - stripped.length() - (long) number.scale());
    }

    private void text(char kind, String text) {
        ByteBuffer chars = ByteBuffer.allocate(Character.BYTES * text.length()); // UTF-8 has no lone surrogates.
        chars.asCharBuffer().put(text);
        begin(kind, text.length());
        mac.update(chars);
    }

    private void begin(char kind, int length) {
        mac.update(ByteBuffer.allocate(Character.BYTES + Integer.BYTES)
                .putChar(kind)
                .putInt(length)
                .array());
    }
}
