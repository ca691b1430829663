package io.projectbeacon.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogPairsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "llama3.2-1b | llama3.2-1b",
                "org/model:v1 | org/model:v1",
                "größe | größe",
                "a b | #\"a b\"#",
                "a=b | #\"a=b\"#",
                "## | #\"\"#",
                "#a\"b# | #\"a\\\"b\"#",
                "#a\\ b# | #\"a\\\\ b\"#",
                "#a\nERROR b# | #\"a\\nERROR b\"#",
                "#a\r\tb# | #\"a\\r\\tb\"#",
                "#a\u001b[31mb# | #\"a\\u{1b}[31mb\"#",
                "#a\u202eb# | #\"a\\u{202e}b\"#",
                "#a\u2028b# | #\"a\\u{2028}b\"#",
                "#a\u00a0b# | #\"a\u00a0b\"#",
                "#a\ud83d\ude00\udb40\udc41# | #\"a\ud83d\ude00\\u{e0041}\"#",
            })
    void a_value_cannot_pass_for_a_second_pair_or_a_second_line(String value, String written) {
        assertThat(LogPairs.text(value)).isEqualTo(written);
    }

    @Test
    void a_lone_half_of_a_pair_and_nothing_at_all_are_written_too() {
        assertThat(LogPairs.text("a\ud83d")).isEqualTo("\"a\\u{d83d}\"");
        assertThat(LogPairs.text(null)).isEqualTo("null");
    }

    @Test
    void the_console_of_the_service_quotes_what_a_client_named_its_model_and_its_request() throws Exception {
        try (RunnerProcess runner = RunnerProcess.start(List.of(
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--spring.data.redis.url=" + TestServers.newRedisUrl(),
                "--beacon.inference.simulated.latency=0ms"))) {
            String model = "\"a job_id=other \\\"b\\\" \"";
            runner.submit(
                    "{\"id\": \"j\", \"models\": [%1$s, %1$s], \"regions\": [\"us-east\"]}".formatted(model),
                    "X-Request-Id",
                    "r=\"1\"");
            await().until(() -> runner.lines().stream().anyMatch(line -> line.contains("DEDUP")));
            assertThat(runner.lines())
                    .filteredOn(line -> line.contains("DEDUP"))
                    .singleElement()
                    .asString()
                    .contains("job_id=j model_id=\"a job_id=other \\\"b\\\"\" request_id=\"r=\\\"1\\\"\"");
        }
    }
}
