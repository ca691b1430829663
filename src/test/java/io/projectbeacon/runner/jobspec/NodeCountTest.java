package io.projectbeacon.runner.jobspec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A document's values are counted before they are built, and as many as a parser would build. */
class NodeCountTest {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String VALID = "{'models':['a'],'regions':['US'],'x':[%s]}";
    private static final int OF_VALID = 6;

    @Provide
    Arbitrary<String> documents() {
        Arbitrary<String> text = Arbitraries.strings()
                .withChars("ab\"\\,:[]{} \n\u00e9\u20ac")
                .ofMaxLength(6)
                .map(JSON::writeValueAsString);
        Arbitrary<String> leaf =
                Arbitraries.oneOf(text, Arbitraries.of("0", "-1.5e3", "true", "null", "[]", "{}", "[ ]", "{\n}"));
        Arbitrary<String> blank = Arbitraries.of("", " ", "\n\t");
        return Arbitraries.recursive(
                        () -> leaf,
                        inner -> Arbitraries.oneOf(
                                inner.list()
                                        .ofMinSize(1)
                                        .ofMaxSize(4)
                                        .map(items -> "[" + String.join(" ,", items) + "]"),
                                inner.list()
                                        .ofMinSize(1)
                                        .ofMaxSize(4)
                                        .flatMap(items -> text.list()
                                                .ofSize(items.size())
                                                .uniqueElements()
                                                .map(names -> {
                                                    StringBuilder object = new StringBuilder("{");
                                                    for (int at = 0; at < items.size(); at++) {
                                                        object.append(at == 0 ? "" : ",")
                                                                .append(names.get(at))
                                                                .append(" : ")
                                                                .append(items.get(at));
                                                    }
                                                    return object.append("}").toString();
                                                }))),
                        0,
                        4)
                .flatMap(document -> blank.map(around -> around + document + around));
    }

    @Property(tries = 500)
    void as_many_are_counted_as_a_parser_builds(@ForAll("documents") String document) {
        assertThat(NodeCount.of(document.getBytes(UTF_8))).as(document).isEqualTo(size(JSON.readTree(document)));
    }

    private static int size(JsonNode node) {
        return 1 + node.values().stream().mapToInt(NodeCountTest::size).sum();
    }

    @Test
    void a_document_with_as_many_as_it_may_have_is_read_and_one_with_one_more_is_not() {
        int most = Limits.defaults().nodes();

        assertThat(read("1,".repeat(most - OF_VALID - 1) + "1")).isInstanceOf(Reading.Accepted.class);
        assertThat(read("1,".repeat(most - OF_VALID) + "1"))
                .isInstanceOfSatisfying(
                        Reading.Malformed.class,
                        malformed -> assertThat(malformed.detail())
                                .contains("more than 100000 values", "beacon.limits.nodes"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "a known field | {'models':[%s 'a'],'regions':['US']} | 'a', ",
                "an unknown field | {'models':['a'],'regions':['US'],'x':{'y':[%s 1]}} | {}, ",
                "a model | {'models':[{'id':'a','x':[%s 1]}],'regions':['US']} | [], ",
                "the portal's wrapper | {'jobspec':{'models':['a'],'regions':['US']},'x':[%s 1]} | null, ",
                "what is no JSON at all | [%s | [ ",
            })
    void wherever_they_stand_they_count(String where, String document, String values) {
        Reading reading = Specs.read(
                Specs.json(document.formatted(values.repeat(100_001))).getBytes(UTF_8));

        assertThat(reading)
                .isInstanceOfSatisfying(
                        Reading.Malformed.class,
                        malformed -> assertThat(malformed.detail()).contains("values"));
    }

    @Test
    void the_place_of_the_first_that_is_too_many_is_told() {
        JobSpecReader reader = Specs.readerWithin(new Limits(9, 9, 9, 9, 4));

        assertThat(reader.read("\n [1,2,\n \"\u00e9\", 4]".getBytes(UTF_8)))
                .isEqualTo(
                        new Reading.Malformed("line 3, column 7: there are more than 4 values (beacon.limits.nodes)"));
    }

    private static Reading read(String values) {
        return Specs.read(Specs.json(VALID.formatted(values)).getBytes(UTF_8));
    }
}
