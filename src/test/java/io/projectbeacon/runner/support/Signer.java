package io.projectbeacon.runner.support;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.erdtman.jcs.JsonCanonicalizer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A client that signs its JobSpecs. It shares no code with the service but the library that writes RFC 8785. */
public final class Signer {

    private static final JsonMapper JSON = new JsonMapper();

    private final KeyPair keys;

    private Signer(KeyPair keys) {
        this.keys = keys;
    }

    /** One with a new key. */
    public static Signer draw() {
        try {
            return new Signer(KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The key's 32 bytes in base64. */
    public String publicKey() {
        byte[] spki = keys.getPublic().getEncoded();
        return Base64.getEncoder().encodeToString(Arrays.copyOfRange(spki, spki.length - 32, spki.length));
    }

    /** The JobSpec with a nonce that was never used, signed now. */
    public String sign(String spec) {
        return sign(spec, nonce(), Instant.now());
    }

    public static String nonce() {
        return UUID.randomUUID().toString();
    }

    public String sign(String spec, String nonce, Instant time) {
        ObjectNode document = (ObjectNode) JSON.readTree(spec);
        document.withObject("/metadata").put("nonce", nonce).put("timestamp", time.toString());
        return signAsItIs(document.toString());
    }

    /** The JobSpec with a signature over just what it has. */
    public String signAsItIs(String spec) {
        ObjectNode document = (ObjectNode) JSON.readTree(spec);
        ObjectNode signed = document.deepCopy().without(List.of("id", "signature", "public_key"));
        return document.put("public_key", publicKey())
                .put("signature", Base64.getEncoder().encodeToString(signature(canonical(signed))))
                .toString();
    }

    public byte[] signature(byte[] message) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(keys.getPrivate());
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] canonical(ObjectNode document) {
        try {
            return new JsonCanonicalizer(document.toString()).getEncodedUTF8();
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** This key's entry in a file of trusted keys; further fields as JSON, such as {@code "not_after": "…"}. */
    public String entry(String caller, String... further) {
        String fields = Arrays.stream(further).map(field -> ", " + field).collect(Collectors.joining());
        return "{\"public_key\": \"%s\", \"callers\": [\"%s\"]%s}".formatted(publicKey(), caller, fields);
    }

    /** Writes a file of trusted keys, as a mounted secret is written: another file takes its place. */
    public static void trust(Path file, String... entries) {
        try {
            Path next = Files.createTempFile(file.toAbsolutePath().getParent(), "keys", ".json");
            Files.write(next, ("{\"keys\": [" + String.join(", ", entries) + "]}").getBytes(UTF_8));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
