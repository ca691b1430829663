package io.projectbeacon.runner.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class CanonicalTest {

    private static final JsonMapper EXACT = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private static String of(String document) throws RefusedException {
        return of((ObjectNode) EXACT.readTree(document));
    }

    private static String of(ObjectNode document) throws RefusedException {
        return new String(Canonical.of(document), UTF_8);
    }

    private static ObjectNode holding(JsonNode value) {
        ObjectNode document = NODES.objectNode();
        document.putArray("a").addObject().set("b/~", value);
        return document;
    }

    private static Refusal refusal(JsonNode value) {
        try {
            throw new AssertionError("was taken: " + of(holding(value)));
        } catch (RefusedException refused) {
            return refused.refusal();
        }
    }

    @Test
    void fields_are_sorted_and_nothing_stands_between_them() throws Exception {
        assertThat(of(" { \"b\" : [ 1 , 2 ] , \"a\" : { \"d\" : null , \"c\" : true } } "))
                .isEqualTo("{\"a\":{\"c\":true,\"d\":null},\"b\":[1,2]}");
    }

    @Test
    void only_the_three_fields_of_the_top_level_are_left_out() throws Exception {
        assertThat(
                        of(
                                "{\"id\": 1, \"signature\": 2, \"public_key\": 3, \"ID\": 4, \"a\": {\"id\": 5, \"signature\": 6}}"))
                .isEqualTo("{\"ID\":4,\"a\":{\"id\":5,\"signature\":6}}");
    }

    @ParameterizedTest
    @CsvSource({
        "-0,0",
        "-0.0,0",
        "0e1000000000,0",
        "1.50,1.5",
        "1E2,100",
        "5e-324,5e-324",
        "9007199254740992,9007199254740992"
    })
    void a_number_that_a_double_keeps_has_one_spelling(String sent, String canonical) throws Exception {
        assertThat(of("{\"a\":" + sent + "}")).isEqualTo("{\"a\":" + canonical + "}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1e400",
                "-1e400",
                "1e-400",
                "1e2147483647",
                "1e-2147483647",
                "0.1000000000000000000001",
                "1.7976931348623159e308",
                "2.4e-324",
                "333333333.33333329",
                "9007199254740992.5",
                "123456789012345678901234567890.1"
            })
    void a_number_that_a_double_does_not_keep_is_refused_at_once(String number) {
        Refusal refused = assertTimeoutPreemptively(
                Duration.ofSeconds(2), () -> refusal(NODES.numberNode(new BigDecimal(number))));
        assertThat(refused.reason()).isEqualTo(Refusal.Reason.NOT_CANONICAL);
        assertThat(refused.pointer()).isEqualTo("/a/0/b~1~0");
        assertThat(refused.detail()).contains("double");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"9007199254740993", "-9007199254740993", "9223372036854775807", "123456789012345678901234567890"
            })
    void a_whole_number_past_2_to_the_53_is_refused(String number) {
        assertThat(refusal(NODES.numberNode(new BigInteger(number))).detail()).contains("2^53");
        assertThat(refusal(EXACT.readTree(number)).detail()).contains("2^53");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud83d", "\ude00", "\ude00\ud83d", "a\ud83d", "\ud83d\ud83d\ude00"})
    void half_of_a_surrogate_pair_is_refused_in_texts_and_names(String text) {
        assertThat(refusal(NODES.stringNode(text)).detail()).contains("surrogate");
        ObjectNode named = NODES.objectNode();
        named.put(text, 1);
        assertThat(refusal(named).pointer()).isEqualTo("/a/0/b~1~0");
    }

    /** The canonical form says each number exactly, so no two documents that differ in one have the same. */
    @Test
    void what_is_taken_is_read_back_as_the_same_number() throws Exception {
        Random random = new Random(8785);
        int taken = 0;
        for (int n = 0; n < 20_000; n++) {
            double drawn = Double.longBitsToDouble(random.nextLong());
            if (Double.isFinite(drawn)) {
                BigDecimal spelled = n % 2 == 0 ? new BigDecimal(Double.toString(drawn)) : new BigDecimal(drawn);
                try {
                    JsonNode back =
                            EXACT.readTree(of("{\"a\":" + spelled + "}")).get("a");
                    assertThat(back.decimalValue()).isEqualByComparingTo(spelled);
                    taken++;
                } catch (RefusedException refused) {
                    assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.NOT_CANONICAL);
                }
            }
        }
        assertThat(taken).isGreaterThan(5_000);
    }

    @Test
    void a_large_document_of_many_small_values_takes_little_time() {
        ObjectNode document = NODES.objectNode();
        var items = document.putArray("x".repeat(50_000));
        for (int n = 0; n < 300_000; n++) {
            items.add(n % 10);
        }
        items.add(new BigDecimal("1e400"));
        assertTimeoutPreemptively(
                Duration.ofSeconds(5),
                () -> assertThatThrownBy(() -> of(document)).isInstanceOf(RefusedException.class));
    }

    @Test
    void the_deepest_document_that_is_read_has_a_canonical_form() throws Exception {
        String deep = "{\"a\":".repeat(64) + "1" + "}".repeat(64);
        assertThat(of(deep)).isEqualTo(deep);
    }

    @Test
    void a_number_that_the_library_writes_as_no_other_does_is_refused() throws Exception {
        assertThat(refusal(NODES.numberNode(new BigDecimal("1e-320"))).reason())
                .isEqualTo(Refusal.Reason.NOT_CANONICAL);
        assertThat(of("{\"a\":[5e-324,-1.2345678901234567e-6]}"))
                .isEqualTo("{\"a\":[5e-324,-0.0000012345678901234567]}");
    }
}
