package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.asking;
import static io.projectbeacon.runner.inference.Fixtures.tree;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class IdempotencyKeyTest {

    private static String key(String job, String region, String model, int question, int failures) {
        return IdempotencyKey.of(
                new InferenceRequest(job, region, model, asking("q"), "q", question, failures, tree("{}")));
    }

    @Example
    void unreservedCharactersStayAndAllOthersAreEncodedAsUtf8() {
        assertThat(key("a-Z_0.~:", "eu/west", "modèle 1%+*", 3, 0))
                .isEqualTo("a-Z_0.~%3A/eu%2Fwest/mod%C3%A8le%201%25%2B%2A/3");
    }

    @Example
    void aDefiniteFailureChangesTheKeySoThatTheProviderDoesNotReplayIt() {
        assertThat(key("j", "r", "m", 0, 0)).isEqualTo("j/r/m/0");
        assertThat(key("j", "r", "m", 0, 2)).isEqualTo("j/r/m/0/r2");
    }

    @Property(tries = 300)
    void theKeyTellsItsPartsAndFitsIntoAHeader(
            @ForAll String job, @ForAll String model, @ForAll @IntRange(max = 100) int question) {
        Assume.that(StandardCharsets.UTF_8.newEncoder().canEncode(job + model));

        String key = key(job, "us-east", model, question, 0);

        assertThat(key).matches("[A-Za-z0-9._~%/-]*");
        assertThat(Arrays.stream(key.split("/", -1)).map(p -> URLDecoder.decode(p, StandardCharsets.UTF_8)))
                .containsExactly(job, "us-east", model, Integer.toString(question));
    }
}
