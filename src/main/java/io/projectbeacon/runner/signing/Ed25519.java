package io.projectbeacon.runner.signing;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/**
 * Ed25519 (RFC 8032) by the JDK, behind checks that leave one spelling for each key and each signature: what is stored and
 * compared as text is then compared as what it means.
 */
final class Ed25519 {

    static final int KEY_BYTES = 32;
    static final int SIGNATURE_BYTES = 64;

    private static final String NAME = "Ed25519";
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

    /** The order of the base point. */
    private static final BigInteger L =
            BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

    /** Of one of the four points of order 8; the others are its negatives. */
    private static final BigInteger Y_OF_ORDER_8 =
            new BigInteger("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16);

    /** The y of the eight points whose order divides 8: a signature by such a key holds for more than one document. */
    private static final Set<BigInteger> Y_OF_LOW_ORDER =
            Set.of(BigInteger.ZERO, BigInteger.ONE, P.subtract(BigInteger.ONE), Y_OF_ORDER_8, P.subtract(Y_OF_ORDER_8));

    private Ed25519() {}

    /** The bytes of a text in base64 (RFC 4648, section 4); empty when there are not so many, or it has another spelling. */
    static Optional<byte[]> decode(String base64, int length) {
        if (base64.length() != (length + 2) / 3 * 4) {
            return Optional.empty();
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(base64);
            // The decoder takes a text without padding, and one with stray bits at its end.
            boolean canonical = Base64.getEncoder().encodeToString(bytes).equals(base64);
            return bytes.length == length && canonical ? Optional.of(bytes) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The key with these 32 bytes; empty when they are no point, one of low order, or another spelling of one. */
    static Optional<PublicKey> publicKey(byte[] bytes) {
        if (!isStrictPoint(bytes)) {
            return Optional.empty();
        }
        boolean xOdd = bytes[KEY_BYTES - 1] < 0;
        try {
            PublicKey key = KeyFactory.getInstance(NAME)
                    .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(xOdd, y(bytes))));
            Signature.getInstance(NAME).initVerify(key); // Looks for the point on the curve.
            return Optional.of(key);
        } catch (InvalidKeyException | InvalidKeySpecException notOnTheCurve) {
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + NAME, e);
        }
    }

    /** Whether 64 bytes can be a signature at all: its point is strict, and its number below the order. */
    static boolean isWellFormed(byte[] signature) {
        return isStrictPoint(Arrays.copyOf(signature, KEY_BYTES))
                && littleEndian(Arrays.copyOfRange(signature, KEY_BYTES, SIGNATURE_BYTES))
                                .compareTo(L)
                        < 0;
    }

    static boolean verify(PublicKey key, byte[] message, byte[] signature) {
        try {
            Signature verifier = Signature.getInstance(NAME);
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (InvalidKeyException | SignatureException notOne) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + NAME, e);
        }
    }

    private static boolean isStrictPoint(byte[] bytes) {
        BigInteger y = y(bytes);
        return y.compareTo(P) < 0 && !Y_OF_LOW_ORDER.contains(y);
    }

    /** All bits but the highest, which is the sign of x. */
    private static BigInteger y(byte[] bytes) {
        return littleEndian(bytes).clearBit(255);
    }

    private static BigInteger littleEndian(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int at = 0; at < bytes.length; at++) {
            reversed[bytes.length - 1 - at] = bytes[at];
        }
        return new BigInteger(1, reversed);
    }
}
