package io.projectbeacon.runner.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.json.JsonMapper;

class ProviderTextTest {

    /** Mostly surrogates, in any order, among characters of each other kind. */
    @Provide
    Arbitrary<String> broken() {
        return Arbitraries.strings().withChars('\uD83D', '\uDE00', '\0', '\n', 'a', '\uFFFD', '\u00e9');
    }

    @Property(tries = 500)
    void aTextCanBeEncodedAndNothingOfItIsLost(@ForAll("broken") String text) {
        String valid = ProviderText.valid(text);

        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(valid)).isTrue();
        assertThat(valid).doesNotContain("\0");
        assertThat(JsonMapper.shared()
                        .readTree("\"" + valid.replace("\n", "\\n") + "\"")
                        .asString())
                .isEqualTo(text);
        assertThat(ProviderText.valid(valid)).isEqualTo(valid);
    }

    @Example
    void whatCannotBeStoredIsEscapedAndACutGoesThroughNoPair() {
        assertThat(ProviderText.message("a\0b\uD83D\nc")).isEqualTo("a\\u0000b\\ud83d c");
        assertThat(ProviderText.message("a" + "\uD83D\uDE00".repeat(300))).isEqualTo("a" + "\uD83D\uDE00".repeat(249));
    }

    @Example
    void aTextThatIsGoodIsNotTouched() {
        String text = "caf\u00e9 \uD83D\uDE00";
        assertThat(ProviderText.valid(text)).isSameAs(text);
    }

    @Property(tries = 500)
    void aMessageIsShortAndPlain(@ForAll("broken") String text) {
        String message = ProviderText.message(text.repeat(20));

        assertThat(message.length()).isLessThanOrEqualTo(500);
        assertThat(message.chars().anyMatch(Character::isISOControl)).isFalse();
        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(message)).isTrue();
    }
}
