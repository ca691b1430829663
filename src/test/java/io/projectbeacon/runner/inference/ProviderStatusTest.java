package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.openAi;
import static io.projectbeacon.runner.inference.Fixtures.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.support.FakeProvider;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The meaning of a provider's complete answer with a status other than success. */
class ProviderStatusTest {

    private static final String REGION = "us-east";

    private FakeProvider provider;
    private HttpInferenceClient client;

    @BeforeEach
    void start() throws IOException {
        provider = FakeProvider.start();
        client = openAi(REGION, provider.baseUrl(REGION), Duration.ofSeconds(10));
    }

    @AfterEach
    void stop() {
        client.close();
        provider.close();
    }

    private InferenceResult ask() throws InterruptedException {
        return client.infer(request(REGION, "llama", "Who are you?"));
    }

    @ParameterizedTest
    @ValueSource(ints = {402, 409, 423, 424, 425, 429, 444, 460, 498, 503, 529, 505, 507, 530})
    void aRefusalThatPassesWithTimeMayBeTriedAgainButIsNotTriedHere(int status) throws Exception {
        provider.failWith(REGION, status);

        assertThat(ask())
                .isEqualTo(new RetryableFailure(
                        "http_" + status, "told to fail with " + status, status, null, Told.NOTHING));
        assertThat(provider.calls()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 501})
    void aServersVerdictMayBeTriedAgainUnderAnotherKey(int status) throws Exception {
        provider.failWith(REGION, status);

        assertThat(ask())
                .isEqualTo(new RetryableFailure(
                        "http_" + status, "told to fail with " + status, status, null, Told.OUTCOME));
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 499, 502, 504, 520, 521, 522, 523, 524, 598, 599})
    void aGatewaysWordLeavesTheOutcomeUnknown(int status) throws Exception {
        provider.failWith(REGION, status, "7");

        assertThat(ask()).isInstanceOfSatisfying(UnknownOutcome.class, f -> {
            assertThat(f.httpStatus()).isEqualTo(status);
            assertThat(f.retryAfter()).isEqualTo(Duration.ofSeconds(7));
        });
        assertThat(provider.calls()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 405, 413, 422, 451})
    void anyOtherRefusalIsFinal(int status) throws Exception {
        provider.failWith(REGION, status);

        assertThat(ask())
                .isEqualTo(new FinalFailure("http_" + status, "told to fail with " + status, status, Told.OUTCOME));
        assertThat(provider.calls()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void aRedirectIsRefusedAndNotFollowed(int status) throws Exception {
        provider.answerWithHeader(REGION, status, "Location", provider.baseUrl("eu-west") + "/chat/completions");

        assertThat(ask()).isInstanceOfSatisfying(FinalFailure.class, f -> {
            assertThat(f.code()).isEqualTo("redirect_refused");
            assertThat(f.httpStatus()).isEqualTo(status);
        });
        assertThat(provider.calls()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "7 | PT7S",
                "0 | PT0S",
                "1.5 | PT1.5S",
                "0.0001 | PT0.001S",
                "Thu, 01 Jan 2015 00:00:00 GMT | PT0S",
                "99999999999999999999 | PT24H",
                "864000 | PT24H"
            })
    void theWaitThatTheProviderAsksForIsKept(String header, Duration wait) throws Exception {
        provider.failWith(REGION, 429, header);

        assertThat(ask())
                .isInstanceOfSatisfying(
                        RetryableFailure.class, f -> assertThat(f.retryAfter()).isEqualTo(wait));
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "-5", "1,5", "1e3", ""})
    void aWaitThatCannotBeReadIsNone(String header) throws Exception {
        provider.failWith(REGION, 429, header);

        assertThat(ask())
                .isInstanceOfSatisfying(
                        RetryableFailure.class, f -> assertThat(f.retryAfter()).isNull());
    }

    @Test
    void theKeyIsSentAsABearerTokenAndIsInNoMessageThatRepeatsIt() throws Exception {
        provider.answerWith(REGION, 401, "{\"error\":{\"message\":\"Incorrect API key: " + Fixtures.KEY + "\"}}");

        InferenceResult result = ask();

        assertThat(provider.calls())
                .singleElement()
                .matches(call -> ("Bearer " + Fixtures.KEY).equals(call.authorization()));
        assertThat(result).isEqualTo(new FinalFailure("http_401", "Incorrect API key: ****", 401, Told.OUTCOME));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"error\":{\"message\":\"no such model\"}} | no such model",
                "{\"error\":\"no such model\"} | no such model",
                "{\"detail\":\"Not Found\"} | Not Found",
                "{\"error\":{\"message\":17}} | 17",
                "{\"error\":null} | the provider answered 400",
                "{\"error\":{}} | the provider answered 400",
                "[1] | the provider answered 400",
                "<html>nginx</html> | the provider answered 400"
            })
    void theMessageIsTheProvidersOwnWhereItHasOne(String body, String message) throws Exception {
        provider.answerWith(REGION, 400, body);

        assertThat(ask())
                .isInstanceOfSatisfying(
                        FinalFailure.class, f -> assertThat(f.message()).isEqualTo(message));
    }

    @Test
    void aMessageIsShortenedAndHasNoControlCharacters() throws Exception {
        provider.answerWith(REGION, 400, "{\"error\":{\"message\":\"a\\r\\nb\\u001b[31m" + "x".repeat(2000) + "\"}}");

        assertThat(ask())
                .isInstanceOfSatisfying(
                        FinalFailure.class,
                        f -> assertThat(f.message()).startsWith("a b [31mxxx").hasSize(500));
    }

    @Test
    void aRegionWithoutAServerIsAFailureOfTheCallAndNotAnException() throws Exception {
        assertThat(client.infer(request("atlantis", "llama", "Who are you?")))
                .isInstanceOfSatisfying(
                        FinalFailure.class, f -> assertThat(f.code()).isEqualTo("unknown_region"));
    }
}
