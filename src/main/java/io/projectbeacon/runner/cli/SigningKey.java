package io.projectbeacon.runner.cli;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An Ed25519 key that signs.
 *
 * @param publicKey its 32 bytes
 */
record SigningKey(PrivateKey privateKey, byte[] publicKey) {

    private static final String ALGORITHM = "Ed25519";
    private static final int PUBLIC_BYTES = 32;
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    /** @throws CommandException when it is no unencrypted Ed25519 key */
    static SigningKey ofPem(String pem) {
        Matcher key = PEM.matcher(pem);
        if (key.find()) {
            try {
                byte[] encoded = Base64.getMimeDecoder().decode(key.group(1));
                PrivateKey read = KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(encoded));
                return new SigningKey(read, publicKeyOf(read));
            } catch (GeneralSecurityException | IllegalArgumentException unreadable) {
                // Said below, without a word of what the file holds.
            }
        }
        throw new CommandException(
                ExitCode.REFUSED,
                "beacon: the key file is no unencrypted Ed25519 private key in PEM, as openssl genpkey -algorithm ed25519"
                        + " writes one.");
    }

    byte[] sign(byte[] message) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(privateKey);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * The JDK derives a public key only when it draws a pair, so it is made to draw this one: a private key of Ed25519 is nothing
     * but 32 random bytes.
     */
    private static byte[] publicKeyOf(PrivateKey key) throws GeneralSecurityException {
        byte[] seed = ((EdECPrivateKey) key).getBytes().orElseThrow(() -> new GeneralSecurityException("no seed"));
        KeyPairGenerator generator = KeyPairGenerator.getInstance(ALGORITHM);
        generator.initialize(NamedParameterSpec.ED25519, new SecureRandom() {
            @Override
            public void nextBytes(byte[] bytes) {
                System.arraycopy(seed, 0, bytes, 0, bytes.length);
            }
        });
        PublicKey derived = generator.generateKeyPair().getPublic();
        byte[] encoded = derived.getEncoded();
        return Arrays.copyOfRange(encoded, encoded.length - PUBLIC_BYTES, encoded.length);
    }
}
