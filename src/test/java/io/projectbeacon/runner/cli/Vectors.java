package io.projectbeacon.runner.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The published vectors of signed JobSpecs. */
final class Vectors {

    private static final byte[] PKCS8 = HexFormat.of().parseHex("302e020100300506032b657004220420");

    private Vectors() {}

    static List<JsonNode> all() throws IOException {
        return document().path("vectors").valueStream().toList();
    }

    /** Their private key, as OpenSSL writes one. */
    static String pem() throws IOException {
        byte[] seed = Base64.getDecoder().decode(document().path("private_key").asString());
        byte[] encoded = new byte[PKCS8.length + seed.length];
        System.arraycopy(PKCS8, 0, encoded, 0, PKCS8.length);
        System.arraycopy(seed, 0, encoded, PKCS8.length, seed.length);
        return "-----BEGIN PRIVATE KEY-----\n" + Base64.getEncoder().encodeToString(encoded)
                + "\n-----END PRIVATE KEY-----\n";
    }

    private static JsonNode document() throws IOException {
        return JsonMapper.shared().readTree(Files.readString(Path.of("docs", "signing-vectors.json")));
    }
}
