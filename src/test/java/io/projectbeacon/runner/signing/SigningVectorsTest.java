package io.projectbeacon.runner.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.projectbeacon.runner.support.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The published vectors hold for the service, and for Node's crypto with another canonicaliser. */
class SigningVectorsTest {

    private static final Path VECTORS = Path.of("docs", "signing-vectors.json");
    private static final Path NODE = Path.of("target", "canonicalize");
    private static final String CANONICALISER = "canonicalize@2.1.0";

    private static final JsonMapper EXACT = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Prints the name of each vector that does not hold, and how many do. */
    private static final String CHECK = """
            const { createPublicKey, createPrivateKey, verify, sign } = require('node:crypto');
            const canonicalize = require('canonicalize');
            const { vectors, private_key } = JSON.parse(require('node:fs').readFileSync(process.argv[2], 'utf8'));
            const raw = (text) => Buffer.from(text, 'base64');
            const der = (prefix, text) => Buffer.concat([Buffer.from(prefix, 'hex'), raw(text)]);
            const key = createPrivateKey({ key: der('302e020100300506032b657004220420', private_key), format: 'der', type: 'pkcs8' });
            let held = 0;
            for (const vector of vectors) {
              const { id, signature, public_key, ...signed } = JSON.parse(vector.document);
              const trusted = createPublicKey({ key: der('302a300506032b6570032100', vector.public_key), format: 'der', type: 'spki' });
              const bytes = Buffer.from(canonicalize(signed));
              const holds = bytes.toString() === vector.canonical && verify(null, bytes, trusted, raw(vector.signature))
                && sign(null, bytes, key).toString('base64') === vector.signature;
              if (holds) held++; else console.log(vector.name);
            }
            console.log(`${held} hold`);
            """;

    static Stream<JsonNode> vectors() throws IOException {
        return document().path("vectors").valueStream();
    }

    static Stream<JsonNode> notSignable() throws IOException {
        return document().path("not_signable").valueStream();
    }

    private static JsonNode document() throws IOException {
        return EXACT.readTree(Files.readString(VECTORS));
    }

    private static byte[] bytes(JsonNode vector, String field) {
        return Base64.getDecoder().decode(vector.path(field).asString());
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void a_vector_holds_for_the_service(JsonNode vector) throws Exception {
        byte[] canonical =
                Canonical.of((ObjectNode) EXACT.readTree(vector.path("document").asString()));
        assertThat(new String(canonical, UTF_8))
                .isEqualTo(vector.path("canonical").asString());
        assertThat(Ed25519.isWellFormed(bytes(vector, "signature"))).isTrue();
        assertThat(Ed25519.verify(
                        Ed25519.publicKey(bytes(vector, "public_key")).orElseThrow(),
                        canonical,
                        bytes(vector, "signature")))
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("notSignable")
    void what_cannot_be_signed_is_refused(JsonNode vector) {
        ObjectNode document =
                (ObjectNode) EXACT.readTree(vector.path("document").asString());
        assertThatThrownBy(() -> Canonical.of(document)).isInstanceOf(RefusedException.class);
    }

    @Test
    void the_vectors_hold_for_node_with_the_canonicaliser_of_npm() throws Exception {
        Tools.assumeInstalled("node");
        installCanonicaliser();
        Path check = Files.writeString(NODE.resolve("check.cjs"), CHECK);
        assertThat(Tools.run("", "node", check.toString(), VECTORS.toString()).strip())
                .isEqualTo(vectors().count() + " hold");
    }

    private static void installCanonicaliser() throws Exception {
        Path installed = NODE.resolve("node_modules").resolve("canonicalize");
        if (!Files.isDirectory(installed)) {
            Tools.assumeInstalled("npm");
            Files.createDirectories(NODE);
            String said = Tools.run(
                    "",
                    "npm",
                    "install",
                    "--prefix",
                    NODE.toString(),
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                    CANONICALISER);
            assumeTrue(
                    Files.isDirectory(installed),
                    () -> CANONICALISER + " cannot be fetched: this check is skipped ("
                            + said.lines().findFirst().orElse("") + ")");
        }
    }
}
