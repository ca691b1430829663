package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * JobSpecs with the content that was stored for them by the last version that knew no messages and no parameters, as
 * that version wrote it. Posted again, each must be found to be the same job.
 */
class StoredBeforeTest {

    static List<ObjectNode> all() throws IOException {
        try (InputStream lines = StoredBeforeTest.class.getResourceAsStream("/jobspec/stored-before-messages.ndjson")) {
            return new String(Objects.requireNonNull(lines).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(SpecContent::parse)
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void a_job_spec_posted_again_has_the_content_that_was_stored_for_it(ObjectNode line) {
        ObjectNode stored = (ObjectNode) line.path("stored");

        NormalizedSpec spec = switch (Specs.read(line.path("posted").toString())) {
            case Reading.Accepted accepted -> accepted.spec();
            case Reading.Invalid invalid -> Objects.requireNonNull(invalid.asBefore());
            case Reading.Malformed malformed -> throw new AssertionError(malformed.detail());
        };

        ObjectNode before = spec.contentBefore() == null ? spec.content() : spec.contentBefore();
        assertThat(SpecContent.differences(stored, before)).isEmpty();
        assertThat(before).isEqualTo(stored);
        assertThat(spec.id()).isEqualTo("e");
    }

    /** So that each of the three ways is walked above. */
    @Test
    void some_are_written_as_before_some_in_another_form_and_some_refused() throws IOException {
        List<Reading> readings = all().stream()
                .map(line -> Specs.read(line.path("posted").toString()))
                .toList();

        assertThat(readings)
                .filteredOn(reading ->
                        reading instanceof Reading.Accepted a && a.spec().contentBefore() == null)
                .hasSize(6);
        assertThat(readings)
                .filteredOn(reading ->
                        reading instanceof Reading.Accepted a && a.spec().contentBefore() != null)
                .hasSize(8);
        assertThat(readings)
                .filteredOn(reading -> reading instanceof Reading.Invalid)
                .hasSize(9);
    }

    @Test
    void a_job_spec_that_was_never_taken_has_no_content_of_before() {
        assertThat(((Reading.Invalid) Specs.read("{'models':['a'],'regions':['mars'],'n':2}")).asBefore())
                .isNull();
    }
}
