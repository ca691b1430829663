package io.projectbeacon.runner.region;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The base URLs that well-known services document for OpenAI's SDKs, and the addresses that calls then go to. */
class BaseUrlTest {

    private static final String PATH = "/chat/completions";

    @ParameterizedTest
    @CsvSource({
        "https://api.openai.com/v1, https://api.openai.com/v1/chat/completions",
        "https://generativelanguage.googleapis.com/v1beta/openai/, https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        "https://openrouter.ai/api/v1, https://openrouter.ai/api/v1/chat/completions",
        "https://api.together.xyz/v1/, https://api.together.xyz/v1/chat/completions",
        "https://api.groq.com/openai/v1, https://api.groq.com/openai/v1/chat/completions",
        "https://api.deepinfra.com/v1/openai, https://api.deepinfra.com/v1/openai/chat/completions",
        "https://open.bigmodel.cn/api/paas/v4//, https://open.bigmodel.cn/api/paas/v4/chat/completions",
        "http://localhost:8000/v1, http://localhost:8000/v1/chat/completions",
        "http://[::1]:11434/v1, http://[::1]:11434/v1/chat/completions",
        "http://127.0.0.1:1234/v1/, http://127.0.0.1:1234/v1/chat/completions",
        "https://x.openai.azure.com/openai/deployments/{model}?api-version=2024-10-21, https://x.openai.azure.com/openai/deployments/org%2Fa%20b/chat/completions?api-version=2024-10-21",
        "https://gateway.example/a%2Fb/v1?key=a%20b, https://gateway.example/a%2Fb/v1/chat/completions?key=a%20b",
        "HTTPS://Gateway.Example/v1, HTTPS://Gateway.Example/v1/chat/completions"
    })
    void aServicesOwnBaseUrlIsTakenAsItIs(String text, String called) {
        BaseUrl url = new BaseUrl(text);

        assertThat(url.fault()).isNull();
        assertThat(url.doubt()).isNull();
        assertThat(url.to(PATH, "org/a b")).hasToString(called);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://api.deepseek.com",
                "https://api.deepseek.com/",
                "https://api.openai.com/v1/chat/completions",
                "https://router.example/inference"
            })
    void aSuspiciousOneCanBeCalled(String text) {
        assertThat(new BaseUrl(text).fault()).isNull();
        assertThat(new BaseUrl(text).doubt()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "api.openai.com/v1",
                "ftp://x/v1",
                "http://u:p@x/v1",
                "http://x/v1#a",
                "http://x:0/v1",
                "http://x:65536/v1",
                "http:///v1",
                "https://{model}/v1",
                "https://{model}.example/v1",
                "https://models.{model}:443/v1/{model}",
                "https://x:{model}/v1",
                "https://{model}@x/v1",
                "http://a b/v1"
            })
    void whatCannotBeCalledIsAFaultAndIsNotShown(String text) {
        assertThat(new BaseUrl(text).fault()).isNotNull();
        assertThat(new BaseUrl(text)).hasToString("****");
    }
}
