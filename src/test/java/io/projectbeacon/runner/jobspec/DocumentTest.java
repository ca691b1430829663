package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.OnUnknown;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentTest {

    @Test
    void reads_the_complete_example() {
        NormalizedSpec spec = Specs.accepted("""
                {'id':'simple-multimodel-test-1759068447','version':'1.0',
                 'benchmark':{'name':'who-are-you',
                   'input':{'type':'prompt','data':{'prompt':'Who are you, really?','max_tokens':1e2}}},
                 'models':['qwen2.5-1.5b',{'id':'llama3.2-1b','name':'Llama 3.2 1B'}],
                 'regions':['us-east','EU'],
                 'constraints':{'min_success_rate':0.67,'timeout':'10m','on_unknown':'hold','x':1},
                 'metadata':{'team':'evals'}}
                """);

        assertThat(spec.id()).isEqualTo("simple-multimodel-test-1759068447");
        assertThat(spec.priority()).isZero();
        assertThat(spec.onUnknown()).isEqualTo(OnUnknown.HOLD);
        assertThat(spec.timeout()).isEqualTo(Duration.ofMinutes(10));
        assertThat(spec.minSuccessRate()).isEqualTo(new BigDecimal("0.67"));
        assertThat(spec.warnings()).isEmpty();
        assertThat(spec.cells()).hasSize(4);
        assertThat(spec.content()).isEqualTo(Specs.tree("""
                {'version':'1.0',
                 'benchmark':{'name':'who-are-you','input':{'type':'prompt','data':{'max_tokens':100}}},
                 'models':[{'id':'qwen2.5-1.5b'},{'id':'llama3.2-1b','name':'Llama 3.2 1B'}],
                 'regions':['us-east','eu-west'],
                 'constraints':{'min_success_rate':0.67,'timeout':'600000ms','on_unknown':'hold','x':1},
                 'metadata':{'team':'evals'},
                 'prompt':'Who are you, really?','priority':0}
                """));
    }

    @Test
    void the_least_document_gets_the_defaults() {
        NormalizedSpec spec = Specs.accepted("{'models':['a'],'regions':['US']}");

        assertThat(spec.id()).isNull();
        assertThat(spec.timeout()).isNull();
        assertThat(spec.minSuccessRate()).isNull();
        assertThat(spec.onUnknown()).isEqualTo(OnUnknown.RERUN);
        assertThat(spec.warnings())
                .containsExactly(
                        "no prompt, messages or questions are there; the default prompt is asked: \"Who are you?\"");
        assertThat(spec.content()).isEqualTo(Specs.tree("""
                {'models':[{'id':'a'}],'regions':['us-east'],'prompt':'Who are you?','priority':0,
                 'constraints':{'on_unknown':'rerun'}}
                """));
    }

    @Test
    void null_is_absent_for_each_known_field() {
        NormalizedSpec spec = Specs.accepted("""
                {'id':null,'version':null,'benchmark':{'name':null,'input':{'type':null,'data':
                 {'prompt':null,'max_tokens':null}}},'models':null,'regions':null,'questions':null,'prompt':null,
                 'priority':null,'constraints':{'regions':['US'],'timeout':null,'on_unknown':null,
                 'min_success_rate':null},'metadata':{'models':[{'id':'a','regions':null,'name':null}]}}
                """);

        assertThat(spec.content()).isEqualTo(Specs.tree("""
                {'models':[{'id':'a','name':null}],'regions':['us-east'],'prompt':'Who are you?','priority':0,
                 'constraints':{'on_unknown':'rerun'}}
                """));
    }

    @Test
    void models_at_the_top_level_win() {
        NormalizedSpec spec = Specs.acceptedWith(",'prompt':'P','metadata':{'models':['b']}");

        assertThat(spec.models()).containsExactly("a");
        assertThat(spec.warnings())
                .containsExactly("models and metadata.models are both there; metadata.models is not used");
        assertThat(spec.content().path("metadata").path("models").get(0).stringValue())
                .isEqualTo("b");
    }

    @Test
    void regions_at_the_top_level_win() {
        NormalizedSpec spec = Specs.acceptedWith(",'prompt':'P','constraints':{'regions':['EU','mars']}");

        assertThat(spec.regions()).containsExactly("us-east");
        assertThat(spec.warnings())
                .containsExactly("regions and constraints.regions are both there; constraints.regions is not used");
    }

    @Test
    void the_portal_s_form_is_opened_and_its_regions_are_used() {
        NormalizedSpec spec =
                Specs.accepted("{'jobspec':{'id':'p','models':['a'],'prompt':'P','x':1.50},'target_regions':['EU']}");

        assertThat(spec.id()).isEqualTo("p");
        assertThat(spec.cells()).containsExactly(new SpecCell("eu-west", "a"));
        assertThat(spec.received()).hasToString("{\"id\":\"p\",\"models\":[\"a\"],\"prompt\":\"P\",\"x\":1.50}");
        assertThat(spec.warnings()).isEmpty();
    }

    @Test
    void a_document_of_the_portal_with_all_its_fields_is_taken() {
        NormalizedSpec spec = Specs.accepted("""
                {'jobspec':{'id':'p','version':'v1','benchmark':{'name':'bias','version':'v1','description':'d',
                   'container':{'image':'ghcr.io/x','tag':'latest','resources':{'cpu':'1000m','memory':'2Gi'}},
                   'input':{'type':'prompt','data':{'prompt':'Who are you?'},'hash':'sha256:0f'},
                   'scoring':{'method':'similarity','parameters':{}},'metadata':{}},
                  'constraints':{'min_regions':3,'min_success_rate':0.67,'timeout':600000000000,
                   'provider_timeout':120000000000},
                  'metadata':{'created_by':'portal','models':[{'id':'llama3.2-1b','name':'Llama 3.2-1B',
                   'provider':'hybrid','container_image':'ghcr.io/m','regions':['US','EU']}]},
                  'runs':1,'questions':['identity_basic'],'signature':'s','public_key':'k'},
                 'target_regions':['US','EU']}
                """);

        assertThat(spec.cells()).hasSize(2);
        assertThat(spec.warnings())
                .hasSize(2)
                .allSatisfy(warning -> assertThat(warning).contains("has no effect here"));
    }

    @Test
    void a_spec_s_own_regions_win_over_the_portal_s_and_what_else_is_beside_it_is_told() {
        NormalizedSpec spec = Specs.accepted(
                "{'jobspec':{'models':['a'],'regions':['US'],'prompt':'P'},'target_regions':['EU'],'priority':5}");

        assertThat(spec.regions()).containsExactly("us-east");
        assertThat(spec.priority()).isZero();
        assertThat(spec.warnings())
                .containsExactly(
                        "only jobspec and target_regions are read; not used: \"priority\"",
                        "regions and target_regions are both there; target_regions is not used");
    }

    @Test
    void the_benchmark_s_prompt_wins() {
        NormalizedSpec spec = Specs.acceptedWith(",'prompt':'B','benchmark':{'input':{'data':{'prompt':'A'}}}");

        assertThat(spec.content().path("prompt").stringValue()).isEqualTo("A");
        assertThat(spec.content().has("benchmark")).isFalse();
        assertThat(spec.warnings())
                .containsExactly("benchmark.input.data.prompt and prompt differ; the benchmark's is asked");
        assertThat(Specs.acceptedWith(",'prompt':'A','benchmark':{'input':{'data':{'prompt':'A'}}}")
                        .warnings())
                .isEmpty();
    }

    @Test
    void repeated_questions_are_dropped_with_a_warning_and_compared_exactly() {
        NormalizedSpec spec = Specs.acceptedWith(",'questions':['Why?','Who?','Why?',' Why?','Why?']");

        assertThat(spec.content().path("questions")).hasToString("[\"Why?\",\"Who?\",\" Why?\"]");
        assertThat(spec.warnings()).containsExactly("questions: 2 repeated entries were dropped");
        assertThat(spec.duplicates()).isEmpty();
    }

    @Test
    void what_is_not_known_is_kept_as_it_came() {
        String unknown = "\"x\":{\"big\":123456789012345678901234567890,\"exact\":1.10,\"huge\":1E+400,\"null\":null,"
                + "\"farther\":1E+1000000000,\"zero\":0.000},\"z\":[\"\\u0000\"]";
        NormalizedSpec spec = Specs.acceptedWith("," + unknown);

        assertThat(spec.received()).hasToString("{\"models\":[\"a\"],\"regions\":[\"US\"]," + unknown + "}");
        assertThat(spec.content().toString()).contains(unknown);
    }

    /** The normal form shares with it what it does not change. */
    @Test
    void writing_the_normal_form_changes_nothing_of_what_came() {
        String document = Specs.json("""
                {'version':null,'models':null,'regions':['US'],'prompt':'P','parameters':{'seed':1},
                 'benchmark':{'name':null,'input':{'type':null,'data':{'prompt':null,'max_tokens':7}}},
                 'constraints':{'regions':['US'],'timeout':'PT1S','fail_on':['empty']},
                 'metadata':{'models':[{'id':'a','regions':['us-east'],'x':{}}]}}
                """);

        NormalizedSpec spec = Specs.accepted(document);

        assertThat(spec.content()).isNotEqualTo(spec.received());
        assertThat(spec.contentBefore()).isNotNull();
        assertThat(spec.received()).isEqualTo(Specs.tree(document));
    }

    @ParameterizedTest
    @CsvSource({
        "'10m', 600000",
        "'1h30m', 5400000",
        "'90s', 90000",
        "'500ms', 500",
        "'1.5h', 5400000",
        "'.5s', 500",
        "'1d', 86400000",
        "'7d', 604800000",
        "'168h', 604800000",
        "'1us', 1",
        "'1500µs', 2",
        "'1500μs', 2",
        "'1ns', 1",
        "'PT10M', 600000",
        "'P1D', 86400000",
        "'P1W', 604800000",
        "'PT1.0005S', 1001",
        "'PT1H-30M', 1800000",
        "1, 1",
        "0.5, 1",
        "1000000, 1",
        "1000001, 2",
        "600000000000, 600000",
        "6e11, 600000",
        "1e-1000000000, 1"
    })
    void a_time_out_has_many_spellings_and_is_rounded_up_to_milliseconds(String spelled, long millis) {
        String value = spelled.matches("[0-9.e-]+") ? spelled : "'" + spelled + "'";

        NormalizedSpec spec = Specs.acceptedWith(",'constraints':{'timeout':" + value + "}");

        assertThat(spec.timeout()).isEqualTo(Duration.ofMillis(millis));
        assertThat(spec.content().path("constraints").path("timeout").stringValue())
                .isEqualTo(millis + "ms");
    }

    @ParameterizedTest
    @CsvSource({"3.0, 3", "1e2, 100", "-100, -100", "-1.000e2, -100", "0e1000000000, 0", "-0, 0"})
    void a_priority_is_a_whole_number_by_value(String spelled, int priority) {
        NormalizedSpec spec = Specs.acceptedWith(",'priority':" + spelled);

        assertThat(spec.priority()).isEqualTo(priority);
        assertThat(spec.content().path("priority").isInt()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "1.0", "0.67", "0e1000000000", "1e-100"})
    void a_success_rate_is_from_0_to_1(String spelled) {
        NormalizedSpec spec = Specs.acceptedWith(",'constraints':{'min_success_rate':" + spelled + "}");

        assertThat(spec.minSuccessRate()).isEqualByComparingTo(new BigDecimal(spelled));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "7", "job-1:2.3_X"})
    void an_id_is_taken_exactly(String id) {
        assertThat(Specs.acceptedWith(",'id':'" + id + "'").id()).isEqualTo(id);
        assertThat(Specs.acceptedWith(",'id':'" + id + "'").content().has("id")).isFalse();
    }

    @Test
    void the_longest_of_everything_is_accepted() {
        String nested = "[".repeat(63) + "]".repeat(63);
        NormalizedSpec spec = Specs.accepted("{'id':'" + "a".repeat(128) + "','models':['" + "😀".repeat(256)
                + "'],'regions':['US'],'questions':['" + "😀".repeat(32_768) + "'],'x':" + nested + ",'y':"
                + "1".repeat(100) + "}");

        assertThat(spec.cells()).hasSize(1);
    }

    @Test
    void a_byte_order_mark_is_passed_over() {
        byte[] body = "\uFEFF{\"models\":[\"a\"],\"regions\":[\"US\"]}".getBytes(StandardCharsets.UTF_8);

        assertThat(Specs.accepted(Specs.read(body)).models()).containsExactly("a");
    }

    @Test
    void a_field_named_jobspec_beside_models_is_just_a_field() {
        assertThat(Specs.acceptedWith(",'jobspec':'v2'")
                        .content()
                        .path("jobspec")
                        .stringValue())
                .isEqualTo("v2");
    }
}
