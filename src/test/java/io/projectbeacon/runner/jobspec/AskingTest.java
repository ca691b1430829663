package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a JobSpec says of its calls beside the prompt: what is taken, in which form, and with which warnings. */
class AskingTest {

    private static final String HI = "{'role':'user','content':'Hi'}";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'messages':[{'role':'user','content':'Hi'}] | [{'role':'user','content':'Hi'}]",
                "'messages':[{'role':'user','content':'Hi'}],'questions':['q']"
                        + " | [{'role':'user','content':'Hi'},{'role':'user','content':'{{question}}'}]",
                "'messages':[{'role':'system','content':'On {{question}}'},{'role':'user','content':'Go'}],'questions':['q']"
                        + " | [{'role':'system','content':'On {{question}}'},{'role':'user','content':'Go'}]",
                "'system':'S','prompt':'P' | [{'role':'system','content':'S'},{'role':'user','content':'P'}]",
                "'system':'S','benchmark':{'input':{'data':{'prompt':'P'}}}"
                        + " | [{'role':'system','content':'S'},{'role':'user','content':'P'}]",
                "'system':'S','questions':['q']"
                        + " | [{'role':'system','content':'S'},{'role':'user','content':'{{question}}'}]",
                "'system':'S','prompt':'P','questions':['q']"
                        + " | [{'role':'system','content':'S'},{'role':'user','content':'{{question}}'}]",
                "'system':'S','prompt':'On {{question}}','questions':['q']"
                        + " | [{'role':'system','content':'S'},{'role':'user','content':'On {{question}}'}]",
            })
    void messages_have_one_form(String fields, String messages) {
        NormalizedSpec spec = Specs.acceptedWith("," + fields);

        assertThat(spec.content().path("messages")).hasToString(Specs.json(messages));
        assertThat(spec.content().has("prompt")).isFalse();
        assertThat(spec.content().has("system")).isFalse();
        assertThat(spec.warnings()).isEmpty();
        assertThat(Specs.accepted(Specs.read(spec.content().toString())).content())
                .isEqualTo(spec.content());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'role':'user','content':[{'type':'text','text':'What?'},{'type':'image_url','image_url':{'url':'u'}}]}",
                "{'role':'user','content':[{'type':'input_audio','input_audio':{'data':'d'}}],'name':'n'}",
                "{'role':'assistant','content':null,'tool_calls':[{'id':'c','type':'function'}]}",
                "{'role':'assistant','tool_calls':[{'id':'c','type':'function'}]}",
                "{'role':'tool','content':'','tool_call_id':'c'}",
                "{'role':'developer','content':'D'}"
            })
    void a_message_is_kept_as_it_came(String message) {
        assertThat(Specs.acceptedWith(",'messages':[" + message + "]")
                        .content()
                        .path("messages")
                        .path(0))
                .hasToString(Specs.json(message));
    }

    @Test
    void parameters_and_words_of_fail_on_have_one_form() {
        NormalizedSpec spec = Specs.acceptedWith(",'prompt':'P','parameters':{'temperature':0.10,'seed':null,'n':1,"
                + "'stream':false},'constraints':{'fail_on':['refusal','length','refusal']}");

        assertThat(spec.content()).isEqualTo(Specs.tree("""
                {'models':[{'id':'a'}],'regions':['us-east'],'prompt':'P','priority':0,'parameters':{'temperature':0.10},
                 'constraints':{'fail_on':['length','refusal'],'on_unknown':'rerun'}}
                """));
        assertThat(spec.warnings()).isEmpty();
    }

    @Test
    void null_and_nothing_are_absent() {
        NormalizedSpec spec =
                Specs.acceptedWith(",'prompt':'P','messages':null,'system':null,'parameters':{'seed':null},"
                        + "'constraints':{'fail_on':[],'max_cost':null},'samples':1.0,'runs':1,'inputs':[],'input':{},"
                        + "'n':null,'stream':null,'api_key':null");

        assertThat(Specs.acceptedWith(
                                ",'prompt':'P','constraints':{'max_cost':null},'samples':1.0,'runs':1,'inputs':[],"
                                        + "'input':{},'n':null,'stream':null,'api_key':null")
                        .content())
                .isEqualTo(spec.content());
        assertThat(spec.warnings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'messages':[{'role':'user','content':'Hi'}] | messages",
                "'prompt':'P','parameters':{'seed':1} | parameters",
                "'prompt':'P','constraints':{'fail_on':['empty']} | constraints.fail_on",
            })
    void all_of_it_is_part_of_the_content(String fields, String difference) {
        NormalizedSpec without = Specs.acceptedWith(",'prompt':'P'");

        assertThat(SpecContent.differences(
                        without.content(), Specs.acceptedWith("," + fields).content()))
                .contains(difference);
    }

    @Test
    void fields_of_models_that_do_not_reach_the_provider_are_named_in_one_warning_and_kept() {
        NormalizedSpec spec = Specs.accepted("""
                {'prompt':'P','regions':['US'],'models':[
                  {'id':'a','name':'A','provider':'hybrid','container_image':'i','temperature':1,'foo':1,'n':1,'bar':null},
                  {'id':'b','provider':{'order':['x']},'foo':2,'cost_priority':true}]}
                """);

        assertThat(spec.warnings())
                .containsExactly("fields of models that are kept but do not reach the provider: \"foo\", \"provider\","
                        + " \"cost_priority\"; beacon.inference.parameters can add to those that do");
        assertThat(spec.content().at("/models/0/foo").intValue()).isEqualTo(1);
    }

    @Test
    void text_that_is_not_asked_is_told_of_beside_a_prompt_that_is() {
        NormalizedSpec spec = Specs.accepted("""
                {'questions':['q'],'regions':['US'],'models':[{'id':'a','messages':[%s]}],'input':{'questions':['x']},
                 'benchmark':{'input':{'type':'prompt','hash':'h','data':{'text':'x','message':'y','note':'z'}}}}
                """.formatted(HI));

        assertThat(spec.warnings())
                .containsExactly("not read, since it is not asked: /input, /benchmark/input/data/text,"
                        + " /benchmark/input/data/message, /models/0/messages");
    }

    @Test
    void parameters_in_other_places_are_told_of() {
        assertThat(Specs.acceptedWith(
                                ",'prompt':'P','temperature':1,'benchmark':{'parameters':{'seed':1},"
                                        + "'input':{'max_tokens':5,'data':{'max_tokens':5,'top_p':1}}},'constraints':{'seed':1}")
                        .warnings())
                .containsExactly("parameters are read in parameters and in each model; not used: /temperature,"
                        + " /constraints/seed, /benchmark/parameters, /benchmark/input/max_tokens,"
                        + " /benchmark/input/data/top_p");
    }

    @Test
    void an_input_that_only_bounds_the_answer_is_none() {
        assertThat(Specs.acceptedWith(",'benchmark':{'input':{'type':'prompt','hash':'h','data':{'max_tokens':5}}}")
                        .warnings())
                .containsExactly(
                        "no prompt, messages or questions are there; the default prompt is asked: \"Who are you?\"");
    }

    @Test
    void two_bounds_of_tokens_are_told_of() {
        assertThat(Specs.acceptedWith(",'prompt':'P','parameters':{'max_tokens':5,'max_completion_tokens':6}")
                        .warnings())
                .containsExactly("max_tokens and max_completion_tokens are both there; max_completion_tokens is sent");
    }

    @Test
    void a_place_for_the_question_in_a_plain_prompt_is_told_of() {
        assertThat(Specs.acceptedWith(",'prompt':'On {{question}}','questions':['q']")
                        .warnings())
                .containsExactly("the prompt has {{question}}, which is replaced in messages only");
    }

    @Test
    void each_field_of_the_family_without_effect_is_told_of_with_what_to_use() {
        assertThat(Specs.acceptedWith(",'prompt':'P','max_retries':3,'timeout_seconds':60,"
                                + "'constraints':{'min_regions':3,'provider_timeout':120000000000}")
                        .warnings())
                .containsExactly(
                        "max_retries has no effect here: the operator bounds the attempts with"
                                + " beacon.inference.max-attempts",
                        "min_regions has no effect here: constraints.min_success_rate says how much of a job must succeed",
                        "provider_timeout has no effect here: the operator bounds a call with"
                                + " beacon.inference.call-timeout",
                        "timeout_seconds has no effect here: constraints.timeout bounds the job, as \"90s\"");
    }
}
