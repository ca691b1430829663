package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BadJobSpecsTest {

    static List<BadJobSpecs.BadJobSpec> all() {
        return BadJobSpecs.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void refuses_a_bad_document_and_says_where_it_is_wrong(BadJobSpecs.BadJobSpec bad) {
        Reading reading = assertTimeoutPreemptively(Duration.ofSeconds(60), () -> Specs.read(bad.body()));

        switch (bad.kind()) {
            case MALFORMED ->
                assertThat(reading)
                        .isInstanceOfSatisfying(
                                Reading.Malformed.class,
                                malformed -> assertThat(malformed.detail())
                                        .matches("line \\d+, column \\d+: .+")
                                        .contains(bad.words()));
            case INVALID -> {
                List<Fault> faults = Specs.faults(reading);
                assertThat(faults).extracting(Fault::pointer).containsExactlyInAnyOrderElementsOf(bad.pointers());
                assertThat(faults.getFirst().detail()).contains(bad.words());
                assertThat(faults)
                        .allSatisfy(fault -> assertThat(fault.detail())
                                .hasSizeLessThan(300)
                                .doesNotContainPattern("[\\p{Cntrl}\\x{D800}-\\x{DFFF}]"));
            }
        }
    }

    @Test
    void each_bad_document_has_a_name_of_its_own() {
        assertThat(all())
                .hasSizeGreaterThan(60)
                .extracting(BadJobSpecs.BadJobSpec::name)
                .doesNotHaveDuplicates();
    }
}
