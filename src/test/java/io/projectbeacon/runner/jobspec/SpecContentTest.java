package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecContentTest {

    @Test
    void order_of_fields_and_spelling_of_numbers_make_no_difference() {
        assertThat(SpecContent.differences(
                        Specs.tree("{'a':1,'b':{'c':[1.0,{'d':1e2,'e':null}]}}"),
                        Specs.tree("{'b':{'c':[1,{'e':null,'d':100}]},'a':1.00}")))
                .isEmpty();
    }

    @Test
    void differences_are_named_by_their_paths() {
        assertThat(SpecContent.differences(
                        Specs.tree("{'a':1,'b':{'c':[1,2],'d':{'e':1,'f':'x'},'g':{}},'h':[],'i':{}}"),
                        Specs.tree("{'a':2,'b':{'c':[2,1],'d':{'e':1.5,'f':'x','k':null},'g':1},'i':{},'j':0}")))
                .containsExactly("a", "b.c", "b.d.e", "b.d.k", "b.g", "h", "j");
    }

    @Test
    void numbers_that_no_memory_could_hold_are_compared() {
        assertThat(SpecContent.differences(
                        Specs.tree("{'a':1e1000000000,'b':1e1000000000,'c':-1e1000000000}"),
                        Specs.tree("{'a':10e999999999,'b':1,'c':1e1000000000}")))
                .containsExactly("b", "c");
    }

    @Test
    void a_stored_document_is_read_back_as_it_was() {
        NormalizedSpec spec = Specs.acceptedWith(",'x':[1e400,1.10,123456789012345678901234567890,'\\u0000']");

        assertThat(SpecContent.parse(spec.content().toString())).isEqualTo(spec.content());
        assertThat(SpecContent.parse(spec.received().toString())).isEqualTo(spec.received());
    }

    @Test
    void what_was_not_written_here_is_not_read() {
        assertThatIllegalArgumentException().isThrownBy(() -> SpecContent.parse("[]"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SpecContent.parse("{\"a\":}"))
                .withMessageContaining("line 1, column 6");
    }

    @Test
    void a_number_is_not_its_text() {
        assertThat(SpecContent.differences(Specs.tree("{'a':1,'b':[true]}"), Specs.tree("{'a':'1','b':['true']}")))
                .containsExactly("a", "b");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'models':['a','b'],'regions':['US','EU'] | models",
                "'models':[{'id':'a','name':'A'}],'regions':['US','EU'] | models",
                "'models':[{'id':'a','regions':['US']},'b'],'regions':['US','EU'] | models",
                "'models':['a'],'regions':['US'] | regions",
                "'models':['a'],'regions':['US','EU'],'prompt':'x' | prompt",
                "'models':['a'],'regions':['US','EU'],'questions':['x'] | questions",
                "'models':['a'],'regions':['US','EU'],'priority':1 | priority",
                "'models':['a'],'regions':['US','EU'],'constraints':{'timeout':'1s'} | constraints.timeout",
                "'models':['a'],'regions':['US','EU'],'constraints':{'on_unknown':'hold'} | constraints.on_unknown",
                "'models':['a'],'regions':['US','EU'],'benchmark':{'input':{'data':{'max_tokens':1}}} | benchmark",
                "'models':['a'],'regions':['US','EU'],'x':{'y':1} | x",
            })
    void another_job_is_told_from_this_one(String fields, String difference) {
        NormalizedSpec stored = Specs.accepted("{'id':'j','models':['a'],'regions':['US','EU']}");
        NormalizedSpec sent = Specs.accepted("{'id':'k'," + fields + "}");

        assertThat(SpecContent.differences(stored.content(), sent.content())).containsExactly(difference);
    }
}
