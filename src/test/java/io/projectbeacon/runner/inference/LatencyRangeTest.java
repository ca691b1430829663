package io.projectbeacon.runner.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LatencyRangeTest {

    @ParameterizedTest
    @CsvSource({
        "0ms, PT0S, PT0S",
        "2s, PT2S, PT2S",
        "15, PT0.015S, PT0.015S",
        "200ms..800ms, PT0.2S, PT0.8S",
        "' 1s .. PT2S ', PT1S, PT2S"
    })
    void aDurationOrARangeIsRead(String text, Duration min, Duration max) {
        assertThat(LatencyRange.of(text)).isEqualTo(new LatencyRange(min, max));
    }

    @ParameterizedTest
    @ValueSource(strings = {"800ms..200ms", "-1s", "soon", "", "..", "1s..", "1s..2s..3s"})
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> LatencyRange.of(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
