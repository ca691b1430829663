package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** A digest knows the same documents that a comparison of the documents themselves would. */
@Domain(RawSpecs.class)
@Domain(DomainContext.Global.class)
class ContentDigestTest {

    private static void agrees(ObjectNode stored, ObjectNode sent) {
        assertThat(ContentDigest.matches(ContentDigest.of(stored), sent))
                .as("%s and %s are the same", stored, sent)
                .isEqualTo(SpecContent.differences(stored, sent).isEmpty());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "{'a':1,'b':{'c':[1.0,{'d':1e2,'e':null}]}} | {'b':{'c':[1,{'e':null,'d':100}]},'a':1.00} | true",
                "{'a':0} | {'a':-0.000} | true",
                "{'a':1e1000000000,'b':-100e-3} | {'a':10e999999999,'b':-0.1} | true",
                "{'a':100e2147483640} | {'a':1e2147483642} | true",
                "{'a':1e1000000000} | {'a':1} | false",
                "{'a':10} | {'a':1} | false",
                "{'a':1} | {'a':'1'} | false",
                "{'a':true} | {'a':'true'} | false",
                "{'a':null} | {} | false",
                "{'a':null} | {'a':false} | false",
                "{'a':[]} | {'a':{}} | false",
                "{'a':[1,2]} | {'a':[2,1]} | false",
                "{'a':['b','c']} | {'a':['bc']} | false",
                "{'a':[[1],2]} | {'a':[[1,2]]} | false",
                "{'a':{'b':1},'c':2} | {'a':{'b':1,'c':2}} | false",
                "{'a':'b'} | {'a':'B'} | false",
                "{'a':'\\ud800'} | {'a':'\\ud801'} | false",
                "{'a':'\\u0000'} | {'a':''} | false",
            })
    void it_matches_what_differs_in_nothing(String stored, String sent, boolean same) {
        agrees(Specs.tree(stored), Specs.tree(sent));
        assertThat(ContentDigest.matches(ContentDigest.of(Specs.tree(stored)), Specs.tree(sent)))
                .isEqualTo(same);
    }

    @Property
    void another_spelling_of_one_job_matches_and_another_job_does_not(
            @ForAll RawSpec raw, @ForAll RawSpec other, @ForAll long seed, @ForAll long otherSeed) {
        Assume.that(raw.isSound() && other.isSound());
        ObjectNode stored = content(new Respelling(seed).of(raw.document()));

        assertThat(ContentDigest.matches(
                        ContentDigest.of(stored), content(new Respelling(otherSeed).of(raw.document()))))
                .isTrue();
        agrees(stored, content(other.document()));
    }

    @Test
    void what_an_earlier_version_stored_is_known_by_the_form_of_then() throws IOException {
        for (ObjectNode line : StoredBeforeTest.all()) {
            byte[] digest =
                    ContentDigest.of(SpecContent.parse(line.path("stored").toString()));
            NormalizedSpec spec = switch (Specs.read(line.path("posted").toString())) {
                case Reading.Accepted accepted -> accepted.spec();
                case Reading.Invalid invalid -> Objects.requireNonNull(invalid.asBefore());
                case Reading.Malformed malformed -> throw new AssertionError(malformed.detail());
            };
            ObjectNode before = spec.contentBefore() == null ? spec.content() : spec.contentBefore();
            assertThat(ContentDigest.matches(digest, before)).as("%s", line).isTrue();
        }
    }

    @Test
    void one_document_has_another_digest_each_time_and_neither_has_its_text() {
        ObjectNode document = Specs.tree("{'prompt':'who?'}");
        byte[] one = ContentDigest.of(document);
        byte[] other = ContentDigest.of(document);

        assertThat(List.of(one.length, other.length)).containsOnly(48);
        assertThat(one).isNotEqualTo(other);
        assertThat(new String(one, StandardCharsets.ISO_8859_1)).doesNotContain("who");
    }

    private static ObjectNode content(ObjectNode document) {
        return Specs.accepted(Specs.read(document.toString().getBytes(StandardCharsets.UTF_8)))
                .content();
    }
}
