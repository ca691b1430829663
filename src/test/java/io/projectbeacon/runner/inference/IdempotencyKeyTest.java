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

    private static final String TAG = "0123456789abcdef";
    private static final int MOST_CHARACTERS = 255;

    private static String key(String job, String region, String model, int question, int failures) {
        return IdempotencyKey.of(
                new InferenceRequest(job, region, model, asking("q"), "q", question, TAG, failures, tree("{}")));
    }

    @Example
    void unreservedCharactersStayAndAllOthersAreEncodedAsUtf8() {
        assertThat(key("a-Z_0.~:", "eu/west", "modèle 1%+*", 3, 0))
                .isEqualTo("a-Z_0.~%3A/eu%2Fwest/mod%C3%A8le%201%25%2B%2A/3/" + TAG);
    }

    @Example
    void aKeyThatIsGivenUpIsFollowedByAnother() {
        assertThat(key("j", "r", "m", 0, 0)).isEqualTo("j/r/m/0/" + TAG);
        assertThat(key("j", "r", "m", 0, 2)).isEqualTo("j/r/m/0/" + TAG + "/r2");
    }

    @Property(tries = 300)
    void theKeyTellsItsPartsAndFitsIntoAHeader(
            @ForAll String job, @ForAll String model, @ForAll @IntRange(max = 100) int question) {
        Assume.that(StandardCharsets.UTF_8.newEncoder().canEncode(job + model));

        String key = key(job, "us-east", model, question, 0);

        Assume.that(!key.startsWith("beacon/"));

        assertThat(key).matches("[A-Za-z0-9._~%/-]*");
        assertThat(Arrays.stream(key.split("/", -1)).map(p -> URLDecoder.decode(p, StandardCharsets.UTF_8)))
                .containsExactly(job, "us-east", model, Integer.toString(question), TAG);
    }

    @Example
    void aKeyThatIsTooLongForProvidersIsADigestOfAllOfIt() {
        String fits = "m".repeat(MOST_CHARACTERS - key("j", "r", "", 0, 0).length());
        assertThat(key("j", "r", fits, 0, 0)).hasSize(MOST_CHARACTERS).startsWith("j/r/mmm");

        String digest = key("j", "r", fits + "m", 0, 0);
        assertThat(digest).matches("beacon/[0-9a-f]{64}");
        assertThat(key("j", "r", fits + "m", 0, 3)).isEqualTo(digest + "/r3");
        assertThat(key("j", "r", fits + "m", 1, 0)).isNotEqualTo(digest).startsWith("beacon/");
        assertThat(key("j", "r", fits + "n", 0, 0)).isNotEqualTo(digest).startsWith("beacon/");
    }

    @Example
    void aJobFromBeforeThereWereTagsKeepsItsKeyHoweverLong() {
        String model = "m".repeat(MOST_CHARACTERS);
        assertThat(IdempotencyKey.of(new InferenceRequest("j", "r", model, asking("q"), "q", 0, null, 1, tree("{}"))))
                .isEqualTo("j/r/" + model + "/0/r1");
    }
}
