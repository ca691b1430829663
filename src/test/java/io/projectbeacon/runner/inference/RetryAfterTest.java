package io.projectbeacon.runner.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The wait that a provider asks for, in each form that providers use. The clock stands at the beginning of 2026. */
class RetryAfterTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Thu, 01 Jan 2026 00:01:30 GMT",
                "Thursday, 01-Jan-26 00:01:30 GMT",
                "Thu Jan  1 00:01:30 2026",
                "90",
                "90.0",
                " 90 "
            })
    void eachFormGivesTheSameWait(String value) {
        assertThat(RetryAfter.of(headers("Retry-After", value), Fixtures.CLOCK)).isEqualTo(Duration.ofSeconds(90));
    }

    @Test
    void aDateIsCountedFromTheAnswersOwnDate() {
        HttpHeaders headers = HttpHeaders.of(
                Map.of(
                        "Retry-After", List.of("Sat, 28 Nov 2026 10:00:07 GMT"),
                        "Date", List.of("Sat, 28 Nov 2026 10:00:00 GMT")),
                (name, value) -> true);

        assertThat(RetryAfter.of(headers, Fixtures.CLOCK)).isEqualTo(Duration.ofSeconds(7));
    }

    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "1.5, PT1.5S",
        "0.0001, PT0.001S",
        "99999999999, PT24H",
        "'Wed, 31 Dec 2025 23:59:59 GMT', PT0S",
        "'Fri, 01 Jan 2027 00:00:00 GMT', PT24H"
    })
    void theWaitIsFromNoneToADay(String value, Duration wait) {
        assertThat(RetryAfter.of(headers("Retry-After", value), Fixtures.CLOCK)).isEqualTo(wait);
    }

    @Test
    void millisecondsThatCannotBeReadLeaveTheSeconds() {
        HttpHeaders headers = HttpHeaders.of(
                Map.of("retry-after-ms", List.of("NaN"), "Retry-After", List.of("3")), (name, value) -> true);

        assertThat(RetryAfter.of(headers, Fixtures.CLOCK)).isEqualTo(Duration.ofSeconds(3));
    }

    @ParameterizedTest
    @CsvSource({"1500, PT1.5S", "0.2, PT0.001S", "99999999999, PT24H"})
    void millisecondsAreReadToo(String value, Duration wait) {
        assertThat(RetryAfter.of(headers("retry-after-ms", value), Fixtures.CLOCK))
                .isEqualTo(wait);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-1", "1,5", "1e9", "NaN", "Thu, 32 Jan 2026 00:00:00 GMT"})
    void whatCannotBeReadIsNoWait(String value) {
        assertThat(RetryAfter.of(headers("Retry-After", value), Fixtures.CLOCK)).isNull();
    }

    private static HttpHeaders headers(String name, String value) {
        return HttpHeaders.of(Map.of(name, List.of(value)), (n, v) -> true);
    }
}
