package io.projectbeacon.runner.jobspec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * A body of 1 MiB, whatever its content, is read in a moment, even where more values are allowed than by default. The bound is
 * generous: quadratic work takes minutes.
 */
class SizeTest {

    private static final JobSpecReader READER = Specs.readerWithin(new Limits(1_000, 100, 10_000, 100, 1_000_000));

    private static final Duration A_MOMENT = Duration.ofSeconds(60);

    @Test
    void repeated_ids_and_regions_are_counted_in_a_moment() {
        String models = "\"a\",".repeat(125_000) + "\"b\"";
        String regions = "\"EU\",".repeat(80_000) + "\"US\"";

        NormalizedSpec spec =
                Specs.accepted(readInAMoment("{\"models\":[" + models + "],\"regions\":[" + regions + "]}"));

        assertThat(spec.duplicates())
                .contains(new CellDuplicates(new SpecCell("eu-west", "a"), 125_000L * 80_000 - 1))
                .contains(new CellDuplicates(new SpecCell("us-east", "a"), 124_999))
                .contains(new CellDuplicates(new SpecCell("eu-west", "b"), 79_999))
                .hasSize(3);
        assertThat(spec.droppedModels()).hasSize(124_999);
        assertThat(spec.droppedRegions()).hasSize(79_999);
    }

    @Test
    void distinct_ids_are_refused_in_a_moment() {
        String models = IntStream.range(0, 120_000)
                .mapToObj(number -> '"' + Integer.toString(number, 36) + '"')
                .collect(Collectors.joining(","));

        Reading reading = readInAMoment("{\"models\":[" + models + "],\"regions\":[\"US\"]}");

        assertThat(Specs.faults(reading)).extracting(Fault::pointer).containsExactly("/models", "");
    }

    @Test
    void a_long_list_of_faults_ends_with_their_number() {
        List<Fault> faults = Specs.faults(readInAMoment("{\"models\":[" + "1,".repeat(500_000) + "1],\"regions\":[]}"));

        assertThat(faults).hasSize(1_001);
        assertThat(faults.get(999).pointer()).isEqualTo("/models/999");
        assertThat(faults.getLast().detail()).isEqualTo("and 499002 more faults");
    }

    @Test
    void many_entries_that_differ_are_compared_in_a_moment() {
        String entry = "{\"id\":\"a\",\"x\":[" + "[],".repeat(20) + "%d]}";
        String models = IntStream.range(0, 12_000).mapToObj(entry::formatted).collect(Collectors.joining(","));

        NormalizedSpec spec = Specs.accepted(readInAMoment("{\"models\":[" + models + "],\"regions\":[\"US\"]}"));

        assertThat(spec.warnings())
                .filteredOn(warning -> warning.contains("differ"))
                .hasSize(1);
    }

    @Test
    void many_fields_of_models_that_do_not_reach_the_provider_are_told_of_in_a_moment_and_in_one_warning() {
        String models = IntStream.range(0, 1_000)
                .mapToObj(n -> "{\"id\":\"m%d\",".formatted(n)
                        + IntStream.range(0, 90)
                                .mapToObj(f -> "\"f%d\":0".formatted(n * 90 + f))
                                .collect(Collectors.joining(","))
                        + "}")
                .collect(Collectors.joining(","));

        NormalizedSpec spec =
                Specs.accepted(readInAMoment("{\"prompt\":\"P\",\"models\":[" + models + "],\"regions\":[\"US\"]}"));

        assertThat(spec.warnings())
                .singleElement()
                .asString()
                .contains("\"f9\" and 89990 more")
                .hasSizeLessThan(300);
    }

    @Test
    void the_limits_are_those_of_the_configuration() {
        JobSpecReader reader = Specs.readerWithin(new Limits(2, 2, 3, 1, 100));
        byte[] tooMany = Specs.json("{'models':['a','b','c'],'regions':['US','EU','APAC'],'questions':['x','y']}")
                .getBytes(UTF_8);
        byte[] cells = Specs.json("{'models':['a','b'],'regions':['US','EU']}").getBytes(UTF_8);
        byte[] enough = Specs.json("{'models':['a','b','a'],'regions':['US','us'],'questions':['x','x']}")
                .getBytes(UTF_8);

        assertThat(Specs.faults(reader.read(tooMany)))
                .extracting(Fault::detail)
                .containsExactly(
                        "names 2 different questions; at most 1",
                        "names 3 different models; at most 2",
                        "names 3 different regions; at most 2",
                        "names 9 different cells; at most 3");
        assertThat(Specs.faults(reader.read(cells)))
                .containsExactly(new Fault("", "names 4 different cells; at most 3"));
        assertThat(reader.read(enough)).isInstanceOf(Reading.Accepted.class);
    }

    private static Reading readInAMoment(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return assertTimeoutPreemptively(A_MOMENT, () -> READER.read(bytes));
    }
}
