package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromQlNamesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sum by (job_id) (rate(a_total{job_id=~\"b{2}c\",x!='y'}[5m])) > 0.1   | a_total",
                "a / on (job) group_left (version) b                                   | a,b",
                "a and on () (b unless ignoring(c) d offset 1h) or vector(0)           | a,b,d",
                "topk(5, max_over_time(level:a:rate5m[1d:5m] @ end())) == bool 1e3     | level:a:rate5m",
                "absent(up{job=\"j\"}) or a > Inf or histogram_quantile(0.9, sum(b) by (le)) | a,b,up",
                "count_values(\"version\", a) # not b                                  | a",
                "time() - a                                                            | a",
            })
    void everyMetricAndNothingElseIsFound(String expression, String metrics) {
        assertThat(PromQl.metrics(expression)).containsExactlyElementsOf(List.of(metrics.split(",")));
    }

    @Test
    void aSelectorEndsAtItsOwnBrace() {
        assertThat(PromQl.selectors("sum(a{x=\"}\",y=~'b{2}'}[5m]) / b > on (x) c:d{z!=\"\"} or a{x=\"}\",y=~'b{2}'}"))
                .containsExactly("a{x=\"}\",y=~'b{2}'}", "c:d{z!=\"\"}");
    }

    @Test
    void aMetricWithoutTheMatcherIsFoundBesideOneWithIt() {
        assertThat(PromQl.metricsWithout(
                        "n=~\"$n\"", "sum by (n) (rate(a{x=\"y\",n=~\"$n\"}[5m])) / b{x=\"y\"} + on (n) c"))
                .containsExactly("b", "c");
    }

    @Test
    void variablesAreReplacedInEachSpellingAndNoneIsLeft() {
        assertThat(PromQl.withValues(
                        "label_replace(a{r=~\"$region\"}[$__range] * ${price:raw}, \"s\", \"$1\", \"r\", \"(.*)\")",
                        Map.of("region", ".*", "__range", "5m", "price", "2")))
                .isEqualTo("label_replace(a{r=~\".*\"}[5m] * 2, \"s\", \"$1\", \"r\", \"(.*)\")");
        assertThatThrownBy(() -> PromQl.withValues("a{r=~\"$regoin\"}", Map.of("region", ".*")))
                .hasMessageContaining("$regoin");
    }
}
