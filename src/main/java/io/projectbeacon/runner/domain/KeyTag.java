package io.projectbeacon.runner.domain;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/**
 * What tells the keys of one job from those of any other job of the same id: a digest of a random number that the job's
 * row has drawn. It does not depend on what is sent, so that no release or setting changes the key of a call whose
 * outcome is unknown.
 */
public final class KeyTag {

    private static final int HEX_DIGITS = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private KeyTag() {}

    /** A new random number of 128 bits, in the form of a UUID because a column of that type holds 128 bits. */
    public static UUID drawSeed() {
        return new UUID(RANDOM.nextLong(), RANDOM.nextLong());
    }

    /** 16 hex digits. */
    public static String of(UUID seed) {
        byte[] number = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(seed.getMostSignificantBits())
                .putLong(seed.getLeastSignificantBits())
                .array();
        return Sha256.hex(number).substring(0, HEX_DIGITS);
    }
}
