package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.request;
import static io.projectbeacon.runner.inference.Fixtures.telling;
import static io.projectbeacon.runner.inference.Fixtures.tree;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HybridRouterClientTest {

    private static final String REGION = "us-east";

    private FakeProvider provider;
    private HttpInferenceClient client;

    @BeforeEach
    void start() throws IOException {
        provider = FakeProvider.start();
        client = Fixtures.hybrid(REGION, provider.routerUrl(REGION));
    }

    @AfterEach
    void stop() {
        client.close();
        provider.close();
    }

    private InferenceResult answered(String body) throws InterruptedException {
        provider.answerWith(REGION, 200, body);
        return client.infer(request(REGION, "llama", "Who are you?"));
    }

    private Call sent(InferenceRequest request) throws InterruptedException {
        client.infer(request);
        return provider.calls().getLast();
    }

    @Test
    void theAnswerIsTheModelsThatWasAskedFor() throws Exception {
        assertThat(client.infer(request(REGION, "llama", "Who are you?")))
                .isEqualTo(new Answer("Model llama in us-east says: Who are you?", null, null));
    }

    @Test
    void theBodyHasTheRoutersDefaults() throws Exception {
        Call call = sent(request("{}"));

        assertThat(call.body())
                .isEqualTo(tree("{\"model\":\"llama\",\"prompt\":\"Who are you?\",\"temperature\":0.1,"
                        + "\"max_tokens\":500,\"region_preference\":\"us-east\",\"cost_priority\":false}"));
        assertThat(call.idempotencyKey()).isEqualTo("job-1/us-east/llama/0");
        assertThat(call.authorization()).isEqualTo("Bearer " + Fixtures.KEY);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{\"max_tokens\":7} | 7", "{\"max_completion_tokens\":9} | 9", "{\"seed\":1} | 500"})
    void theBoundOfTokensHasTheNameThatTheRouterKnows(String parameters, int sent) throws Exception {
        Call call = sent(request(parameters));

        assertThat(call.body().path("max_tokens").intValue()).isEqualTo(sent);
        assertThat(call.body().has("max_completion_tokens")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "prompt", "region_preference"})
    void noParameterOverridesWhatMakesTheCallTheCells(String field) throws Exception {
        Call plain = sent(request("{}"));

        Call overridden = sent(request("{\"" + field + "\":\"other\"}"));

        assertThat(overridden.body()).isEqualTo(plain.body());
    }

    @Test
    void parametersOverrideTheDefaults() throws Exception {
        Call call = sent(request("{\"temperature\":0.9,\"cost_priority\":true,\"seed\":1}"));

        assertThat(call.body().path("temperature").doubleValue()).isEqualTo(0.9);
        assertThat(call.body().path("cost_priority").booleanValue()).isTrue();
        assertThat(call.body().path("seed").intValue()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[{'role':'system','content':'S'},{'role':'user','content':'U'}] | S--U",
                "[{'role':'user','content':'a'},{'role':'assistant','content':'b'},{'role':'user','content':'c'}]"
                        + " | user: a--assistant: b--user: c",
                "[{'role':'user','content':[{'type':'text','text':'a'},{'type':'image_url'},{'type':'text','text':'b'}]}]"
                        + " | a-b",
            })
    void messagesAreOnePromptAndStandBesideIt(String messages, String prompt) throws Exception {
        String json = messages.replace('\'', '"');
        Call call = sent(telling(json));

        assertThat(call.body().path("prompt").stringValue()).isEqualTo(prompt.replace('-', '\n'));
        assertThat(call.body().path("messages")).hasToString(json);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"success\":true}",
                "{\"success\":true,\"response\":null}",
                "{\"success\":true,\"response\":\"\"}"
            })
    void anEmptyAnswerIsAnAnswer(String body) throws Exception {
        assertThat(answered(body)).isEqualTo(new Answer("", null, null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"success\":false,\"error\":\"e\",\"error_code\":\"rate-limited\"} | rate-limited | 429",
                "{\"success\":false,\"error\":\"e\",\"error_code\":\"rate_limit\"} | rate_limit | 429",
                "{\"success\":false,\"error\":\"e\",\"failure\":{\"code\":\"X\",\"http_status\":429}} | X | 429",
                "{\"success\":false,\"error\":\"e\",\"failure\":{\"code\":\"Too Many Requests\"}} | Too Many Requests | 429",
                "{\"success\":false,\"error\":\"e\",\"error_code\":\"INSUFFICIENT_QUOTA\"} | INSUFFICIENT_QUOTA | 402",
                "{\"success\":false,\"error\":\"e\",\"error_code\":\"PROVIDER_UNAVAILABLE\"} | PROVIDER_UNAVAILABLE | 503",
                "{\"success\":false,\"error\":\"e\",\"failure\":{\"code\":\"HTTP_503\"}} | HTTP_503 | 503"
            })
    void aRefusalForNowKeepsItsKey(String body, String code, int status) throws Exception {
        assertThat(answered(body)).isEqualTo(new RetryableFailure(code, "e", status, null, Told.NOTHING));
        assertThat(provider.calls()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"success\":false,\"error\":\"e\"} | provider_failure",
                "{\"success\":false,\"error\":\"e\",\"error_code\":\"MODEL_CRASHED\"} | MODEL_CRASHED",
                "{\"success\":false,\"error\":\"e\",\"failure\":\"odd\"} | provider_failure",
                "{\"success\":false,\"error\":\"e\",\"failure\":{\"retryable\":true}} | provider_failure",
                "{\"success\":false,\"failure\":{\"retryable\":true,\"message\":\"e\"}} | provider_failure"
            })
    void aFailedGenerationMayBeTriedAgainUnderAnotherKey(String body, String code) throws Exception {
        assertThat(answered(body)).isEqualTo(new RetryableFailure(code, "e", 200, null, Told.OUTCOME));
        assertThat(provider.calls()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"success\":false,\"error\":\"e\",\"error_code\":\"TIMEOUT\"}",
                "{\"success\":false,\"error\":\"e\",\"error_code\":\"ROUTER_TIMED_OUT\"}",
                "{\"success\":false,\"error\":\"e\",\"error_code\":\"TIMEOUT\",\"failure\":{\"retryable\":false}}",
                "{\"success\":false,\"error\":\"e\",\"failure\":{\"code\":\"X\",\"http_status\":502}}"
            })
    void aRouterThatSawNoEndLeavesTheOutcomeUnknown(String body) throws Exception {
        assertThat(answered(body)).isInstanceOfSatisfying(UnknownOutcome.class, f -> {
            assertThat(f.message()).isEqualTo("e");
            assertThat(f.httpStatus()).isIn(502, 504);
        });
        assertThat(provider.calls()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"success\":false,\"error\":\"e\",\"error_code\":404} | 404 | 404",
                "{\"success\":false,\"error\":\"e\",\"failure\":{\"code\":\"X\",\"http_status\":404}} | X | 404",
                "{\"success\":false,\"error\":\"e\",\"failure\":{\"code\":\"X\",\"retryable\":false}} | X | 200"
            })
    void aFailureThatTheRouterCallsFinalIsFinal(String body, String code, int status) throws Exception {
        assertThat(answered(body)).isEqualTo(new FinalFailure(code, "e", status, Told.OUTCOME));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"success\":null}", "{\"success\":\"yes\",\"response\":\"x\"}", "[]", "<html>"})
    void aSuccessThatCannotBeReadIsOfUnknownOutcome(String body) throws Exception {
        assertThat(answered(body))
                .isInstanceOfSatisfying(
                        UnknownOutcome.class, f -> assertThat(f.code()).isEqualTo("unreadable_answer"));
    }

    @Test
    void aStatusIsReadAsForAnyProvider() throws Exception {
        provider.failWith(REGION, 503, "3");

        assertThat(client.infer(request(REGION, "llama", "q")))
                .isEqualTo(new RetryableFailure(
                        "http_503", "told to fail with 503", 503, java.time.Duration.ofSeconds(3)));
    }
}
