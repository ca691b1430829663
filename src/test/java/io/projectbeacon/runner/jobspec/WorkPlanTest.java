package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.AnswerFlag;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.ParameterNames;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the cells of a job are to ask, read from what is stored. */
class WorkPlanTest {

    private static List<CellWork> planOf(String content) {
        return WorkPlan.of(Specs.json(content), ParameterNames.known());
    }

    private static CellWork cellWith(String fields) {
        return planOf(Specs.acceptedWith("," + fields).content().toString()).getFirst();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'prompt':'P' | P | [{'role':'user','content':'P'}]",
                "'prompt':'On {{question}}' | On {{question}} | [{'role':'user','content':'On {{question}}'}]",
                "'questions':['{{question}}'] | {{question}} | [{'role':'user','content':'{{question}}'}]",
                "'system':'S','questions':['q'] | q | [{'role':'system','content':'S'},{'role':'user','content':'q'}]",
                "'messages':[{'role':'user','content':'On {{question}}, {{question}}'}],'questions':['$1'] | $1"
                        + " | [{'role':'user','content':'On $1, $1'}]",
                "'messages':[{'role':'user','content':[{'type':'text','text':'On {{question}}'},{'type':'x','y':'{{question}}'}],"
                        + "'name':'n'}],'questions':['q'] | q"
                        + " | [{'role':'user','content':[{'type':'text','text':'On q'},{'type':'x','y':'{{question}}'}],'name':'n'}]",
                "'messages':[{'role':'user','content':'a'},{'role':'assistant','content':'b'},{'role':'user','content':'c'}]"
                        + " | c | [{'role':'user','content':'a'},{'role':'assistant','content':'b'},{'role':'user','content':'c'}]",
                "'messages':[{'role':'user','content':[{'type':'text','text':'a'},{'type':'image_url'}]}]"
                        + " | a | [{'role':'user','content':[{'type':'text','text':'a'},{'type':'image_url'}]}]",
                "'messages':[{'role':'system','content':'S'}] | `` | [{'role':'system','content':'S'}]",
            })
    void a_call_tells_the_messages_with_the_question_in_them(String fields, String question, String messages) {
        CellWork cell = cellWith(fields);

        assertThat(cell.questions()).containsExactly(question == null ? "" : question);
        assertThat(cell.conversation().asking(cell.questions().getFirst())).hasToString(Specs.json(messages));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'max_tokens':100 | 'temperature':0.5 | 'seed':1 | {'max_tokens':100,'temperature':0.5,'seed':1}",
                "'max_tokens':100 | 'max_tokens':50 | 'seed':1 | {'max_tokens':50,'seed':1}",
                "'max_tokens':100 | 'max_tokens':50 | 'max_tokens':7 | {'max_tokens':7}",
                "'max_tokens':100 | 'max_completion_tokens':50 | 'seed':1 | {'max_completion_tokens':50,'seed':1}",
                "'max_tokens':100 | 'max_completion_tokens':50 | 'max_tokens':7 | {'max_tokens':7}",
                "'max_tokens':100 | 'max_tokens':50 | 'max_completion_tokens':9 | {'max_completion_tokens':9}",
                "'max_tokens':100 | 'seed':null | 'max_tokens':7,'max_completion_tokens':9 | {'max_completion_tokens':9}",
                "'max_tokens':null | 'temperature':0.5 | 'temperature':0.70 | {'temperature':0.70}",
                "'max_tokens':100 | 'temperature':0.5 | 'temperature':null,'max_tokens':null | {'max_tokens':100,'temperature':0.5}",
                "'max_tokens':null | 'seed':1,'n':1,'stream':false | 'foo':1,'name':'A','stream':false | {'seed':1}",
            })
    void a_model_s_own_parameters_win_over_the_job_s(String data, String ofJob, String ofModel, String sent) {
        NormalizedSpec spec = Specs.accepted(("{'prompt':'P','regions':['US'],'benchmark':{'input':{'data':{%s}}},"
                        + "'parameters':{%s},'models':[{'id':'a',%s},'b']}")
                .formatted(data, ofJob, ofModel));

        assertThat(planOf(spec.content().toString()).getFirst().parameters()).hasToString(Specs.json(sent));
    }

    /** A thousand models with the job's parameters hold them once. */
    @Test
    void models_without_parameters_of_their_own_share_the_job_s() {
        List<CellWork> plan = planOf(Specs.accepted("{'prompt':'P','regions':['US','EU'],'parameters':{'seed':1},"
                        + "'models':['a',{'id':'b','name':'B'},{'id':'c','seed':2}]}")
                .content()
                .toString());

        assertThat(plan.get(3).parameters()).isSameAs(plan.get(0).parameters());
        assertThat(plan.get(5).parameters()).isSameAs(plan.get(4).parameters()).hasToString("{\"seed\":2}");
        assertThat(plan)
                .allSatisfy(cell ->
                        assertThat(cell.conversation()).isSameAs(plan.getFirst().conversation()));
    }

    @Test
    void what_a_gateway_would_obey_is_not_sent_for_a_job_of_an_earlier_version_either() {
        CellWork cell = planOf("""
                        {'models':[{'id':'a','models':['b'],'fallbacks':['b'],'n':3,'extra_body':{},'headers':{},'temperature':1}],
                         'regions':['us-east'],'prompt':'P','priority':0,'constraints':{'on_unknown':'rerun'},
                         'parameters':{'best_of':5,'api_key':'secret','seed':1},'messages':'x','system':'y'}
                        """).getFirst();

        assertThat(cell.parameters()).hasToString("{\"seed\":1,\"temperature\":1}");
        assertThat(cell.questions()).containsExactly("P");
        assertThat(cell.conversation().asking("P")).hasToString("[{\"role\":\"user\",\"content\":\"P\"}]");
    }

    @Test
    void names_that_the_operator_adds_are_sent() {
        String content = Specs.accepted("{'prompt':'P','regions':['US'],'models':[{'id':'a','foo':1}]}")
                .content()
                .toString();

        assertThat(WorkPlan.of(content, ParameterNames.knownAnd(Set.of("foo")))
                        .getFirst()
                        .parameters())
                .hasToString("{\"foo\":1}");
    }

    @Test
    void what_the_job_fails_on_is_read() {
        assertThat(cellWith("'prompt':'P','constraints':{'fail_on':['length','tool_calls']}")
                        .failOn())
                .containsExactlyInAnyOrder(AnswerFlag.LENGTH, AnswerFlag.TOOL_CALLS);
    }
}
