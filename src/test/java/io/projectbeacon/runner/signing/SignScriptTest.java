package io.projectbeacon.runner.signing;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.signing.SigningProperties.Mode;
import io.projectbeacon.runner.support.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The page about signing gives three commands: one makes a key, one shows it, one signs. */
class SignScriptTest {

    private static final Path PAGE = Path.of("docs", "signing.md");
    private static final JsonMapper EXACT = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    @TempDir
    private Path directory;

    private String command(String begin) throws Exception {
        return Files.readString(PAGE)
                .lines()
                .filter(line -> line.startsWith(begin))
                .findFirst()
                .orElseThrow()
                .replace("key.pem", directory.resolve("key.pem").toString());
    }

    @Test
    void what_the_commands_of_the_page_sign_is_taken_for_signed() throws Exception {
        Tools.assumeInstalled("openssl");
        Tools.assumeInstalled("node");
        Tools.run("", "sh", "-c", command("openssl genpkey"));
        String publicKey = Tools.run("", "sh", "-c", command("openssl pkey")).strip();
        Path trusted = Files.writeString(
                directory.resolve("trusted.json"),
                "{\"keys\": [{\"public_key\": \"" + publicKey + "\", \"callers\": [\"default\"]}]}");

        String spec =
                "{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"metadata\": {\"team\": \"évals\"},"
                        + " \"numbers\": [1.0, 1e21, -0, 0.1, 5e-324], \"\uD83D\uDE00\": \"\\u2028\", \"\uFB33\": null}";
        String signed =
                Tools.run(spec, "sh", "-c", command("node docs/sign.mjs").replaceAll(" <.*", ""));

        Signatures signatures = new Signatures(new SigningProperties(Mode.REQUIRED, trusted), Clock.systemUTC());
        ObjectNode document = (ObjectNode) EXACT.readTree(signed);
        assertThat(signatures.verify(document, null, false, Caller.ONLY)).isInstanceOf(Verdict.Signed.class);
        assertThat(document.path("id").asString()).isEqualTo("j");
        assertThat(document.at("/metadata/team").asString()).isEqualTo("évals");
    }
}
