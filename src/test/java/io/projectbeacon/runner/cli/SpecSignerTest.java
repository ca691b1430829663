package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command signs what the published vectors sign. */
class SpecSignerTest {

    static Stream<JsonNode> vectors() throws IOException {
        return Vectors.all().stream();
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void each_vector_has_its_canonical_form_its_key_and_its_signature(JsonNode vector) throws IOException {
        byte[] canonical = SpecSigner.canonical(
                SpecSigner.read(vector.path("document").asString().getBytes(UTF_8)));
        SigningKey key = SigningKey.ofPem(Vectors.pem());
        assertThat(new String(canonical, UTF_8))
                .isEqualTo(vector.path("canonical").asString());
        assertThat(base64(key.publicKey())).isEqualTo(vector.path("public_key").asString());
        assertThat(base64(key.sign(canonical)))
                .isEqualTo(vector.path("signature").asString());
    }

    @Test
    void nonce_and_time_are_put_into_the_metadata_and_an_old_signature_is_replaced() throws IOException {
        String spec = "{\"id\": \"j\", \"signature\": \"old\", \"metadata\": {\"team\": \"evals\"}, \"n\": 1.50}";
        JsonNode signed = JsonMapper.shared()
                .readTree(SpecSigner.sign(
                        spec.getBytes(UTF_8),
                        SigningKey.ofPem(Vectors.pem()),
                        "n-1",
                        Instant.parse("2026-01-31T12:00:00Z")));
        assertThat(signed.path("metadata").toString())
                .isEqualTo("{\"team\":\"evals\",\"nonce\":\"n-1\",\"timestamp\":\"2026-01-31T12:00:00Z\"}");
        assertThat(signed.path("id").asString()).isEqualTo("j");
        assertThat(Base64.getDecoder().decode(signed.path("signature").asString()))
                .hasSize(64);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
