package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a JobSpec says of its calls, from the body that is posted to the bodies that a provider receives. */
class AskingTest {

    private static FakeProvider provider;
    private static RunnerApp app;

    @BeforeAll
    static void start() throws IOException {
        provider = FakeProvider.start();
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.inference.parameters=enable_thinking");
        app = RunnerApp.start(TestServers.newDatabase(), TestServers.newRedisUrl(), properties);
    }

    @AfterAll
    static void stop() {
        app.close();
        provider.close();
    }

    private static String json(String singleQuoted) {
        return singleQuoted.replace('\'', '"').replace("\n", "");
    }

    private static Reply post(String singleQuoted) {
        return app.submit(json(singleQuoted));
    }

    /** Runs the job, and gives the bodies of its calls in the order of their keys. */
    private static List<String> sent(String id, String singleQuoted) {
        Reply reply = post(singleQuoted);
        assertThat(reply.status()).as(reply.response().body()).isEqualTo(202);
        app.ended(id);
        return provider.calls().stream()
                .filter(call -> String.valueOf(call.idempotencyKey()).startsWith(id + "/"))
                .sorted((one, other) ->
                        String.valueOf(one.idempotencyKey()).compareTo(String.valueOf(other.idempotencyKey())))
                .map(call -> call.body().toString())
                .toList();
    }

    @Test
    void messages_with_each_question_in_its_place_and_merged_parameters_reach_the_provider() {
        List<String> bodies = sent("asked", """
                {'id':'asked','regions':['us-east'],'questions':['Who?','Why?'],
                 'messages':[{'role':'system','content':'Be brief.'},{'role':'user','content':
                   [{'type':'text','text':'I ask: {{question}}'}]}],
                 'parameters':{'temperature':0.20,'max_tokens':50,'enable_thinking':false},
                 'benchmark':{'input':{'data':{'max_tokens':500}}},
                 'models':['a',{'id':'b','temperature':0.70,'max_completion_tokens':9,'foo':1,'stream':false}]}""");

        String body = "{%s,'model':'%s','messages':[{'role':'system','content':'Be brief.'},{'role':'user','content':"
                + "[{'type':'text','text':'I ask: %s'}]}],'stream':false}";
        String ofA = "'temperature':0.2,'max_tokens':50,'enable_thinking':false";
        String ofB = "'temperature':0.7,'enable_thinking':false,'max_completion_tokens':9";
        assertThat(bodies)
                .containsExactly(
                        json(body.formatted(ofA, "a", "Who?")),
                        json(body.formatted(ofA, "a", "Why?")),
                        json(body.formatted(ofB, "b", "Who?")),
                        json(body.formatted(ofB, "b", "Why?")));
        assertThat(app.cells("asked")
                        .get("us-east/b")
                        .path("answers")
                        .valueStream()
                        .map(answer -> answer.path("question").asString()))
                .containsExactly("Who?", "Why?");
        assertThat(app.get("/api/v1/jobs/asked")
                        .json()
                        .path("warnings")
                        .valueStream()
                        .map(JsonNode::asString))
                .singleElement()
                .asString()
                .contains("\"foo\"");
    }

    @Test
    void messages_alone_are_asked_as_they_are_and_the_answer_names_the_last_of_the_user() {
        assertThat(sent("alone", """
                        {'id':'alone','regions':['us-east'],'models':['a'],'messages':[{'role':'user','content':'One?'},
                        {'role':'assistant','content':'1'},{'role':'user','content':'Two?'}]}"""))
                .containsExactly(json("{'model':'a','messages':[{'role':'user','content':'One?'},"
                        + "{'role':'assistant','content':'1'},{'role':'user','content':'Two?'}],'stream':false}"));
        assertThat(app.cells("alone").get("us-east/a").at("/answers/0/question").asString())
                .isEqualTo("Two?");
    }

    @Test
    void a_system_s_text_goes_before_the_prompt_and_is_the_same_job_as_messages_that_say_it() {
        assertThat(sent("system", """
                        {'id':'system','regions':['us-east'],'models':['a'],'system':'Be brief.','prompt':'Who?'}"""))
                .containsExactly(json("{'model':'a','messages':[{'role':'system','content':'Be brief.'},"
                        + "{'role':'user','content':'Who?'}],'stream':false}"));
        Reply again = post("""
                {'id':'system','regions':['us-east'],'models':['a'],'messages':[
                {'role':'system','content':'Be brief.'},{'role':'user','content':'Who?'}]}""");
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(post("""
                        {'id':'system','regions':['us-east'],'models':['a'],'system':'Be long.','prompt':'Who?'}""").status()).isEqualTo(409);
    }

    @Test
    void what_could_have_a_gateway_spend_more_is_refused_where_it_stands_and_called_nowhere() {
        int before = provider.calls().size();
        Reply reply = post("""
                {'regions':['us-east'],'models':[{'id':'a','models':['b'],'n':2},'b'],'prompt':'P','api_key':'sk-secret',
                 'parameters':{'fallbacks':['b'],'extra_body':{},'temprature':1},'constraints':{'max_cost':5}}""");

        assertThat(reply.status()).isEqualTo(422);
        assertThat(reply.json()
                        .path("errors")
                        .valueStream()
                        .map(error -> error.path("pointer").asString()))
                .containsExactlyInAnyOrder(
                        "/models/0/models",
                        "/models/0/n",
                        "/api_key",
                        "/parameters/fallbacks",
                        "/parameters/extra_body",
                        "/parameters/temprature",
                        "/constraints/max_cost");
        assertThat(reply.response().body()).doesNotContain("sk-secret");
        assertThat(provider.calls()).hasSize(before);
    }

    @Test
    void a_job_that_an_earlier_version_stored_is_still_its_job_although_it_would_be_refused_today() {
        String posted = "{'id':'%s','regions':['us-east'],'models':[{'id':'a','n':3}],'prompt':'%s','samples':2}";
        assertThat(post(posted.formatted("old", "P")).status()).isEqualTo(422);
        sent("old", "{'id':'old','regions':['us-east'],'models':['a'],'prompt':'P'}");
        assertThat(post(posted.formatted("old", "P")).status()).isEqualTo(422);
        store("old", """
                {'regions':['us-east'],'models':[{'id':'a','n':3}],'prompt':'P','samples':2,'priority':0,
                 'constraints':{'on_unknown':'rerun'}}""");

        Reply again = post(posted.formatted("old", "P"));

        assertThat(again.status()).isEqualTo(200);
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(again.json().path("id").asString()).isEqualTo("old");
        assertThat(post(posted.formatted("old", "Q")).status()).isEqualTo(422);
        assertThat(post(posted.formatted("other", "P")).status()).isEqualTo(422);
        assertThat(app.get("/api/v1/jobs/other").status()).isEqualTo(404);
    }

    @Test
    void a_job_that_an_earlier_version_stored_without_heeding_its_messages_is_still_its_job() {
        String posted =
                "{'id':'heed','regions':['us-east'],'models':['a'],'messages':[{'role':'user','content':'Hi'}]}";
        sent("heed", posted);
        store("heed", """
                {'regions':['us-east'],'models':[{'id':'a'}],'messages':[{'role':'user','content':'Hi'}],
                 'prompt':'Who are you?','priority':0,'constraints':{'on_unknown':'rerun'}}""");

        assertThat(post(posted).status()).isEqualTo(200);
    }

    /** As an earlier version would have stored it. */
    private static void store(String id, String content) {
        app.jdbc()
                .sql("UPDATE jobs SET content = ?::json WHERE jobspec_id = ?")
                .param(json(content))
                .param(id)
                .update();
    }
}
