package io.projectbeacon.runner.jobspec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.projectbeacon.runner.domain.ParameterNames;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfigurationTest {

    @Test
    void a_region_is_found_by_its_name_and_aliases_whatever_their_case() {
        KnownRegions regions = KnownRegions.of(Map.of("us-east", Set.of("US", "us", "us-east")));

        assertThat(regions.names()).containsExactly("us-east");
        assertThat(regions.resolve("uS")).contains("us-east");
        assertThat(regions.resolve(" US-EAST ")).contains("us-east");
        assertThat(regions.resolve("us-west")).isEmpty();
    }

    @Test
    void two_regions_cannot_share_an_alias() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KnownRegions.of(ordered("a", Set.of("x"), "b", Set.of("X"))))
                .withMessage("beacon.regions.b.aliases: \"X\" already means the region \"a\"");
    }

    @Test
    void an_alias_cannot_be_another_region_s_name() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KnownRegions.of(ordered("a", Set.of("B"), "b", Set.of())))
                .withMessageContaining("beacon.regions.a.aliases");
    }

    @Test
    void two_names_cannot_differ_by_case_alone() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KnownRegions.of(ordered("a", Set.of(), "A", Set.of())))
                .withMessageContaining("beacon.regions.A");
    }

    @Test
    void a_region_has_a_name_and_there_is_one() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KnownRegions.of(Map.of()))
                .withMessageContaining("beacon.regions");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KnownRegions.of(Map.of("a", Set.of(" "))))
                .withMessageContaining("beacon.regions.a.aliases");
    }

    @Test
    void limits_are_positive_and_the_default_prompt_is_not_blank() {
        assertThat(Limits.defaults()).isEqualTo(new Limits(1_000, 100, 10_000, 100, 100_000));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Limits(1, 1, 0, 1, 1))
                .withMessageContaining("cells");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new JobSpecReader(Specs.regions(), Limits.defaults(), " ", ParameterNames.known()))
                .withMessageContaining("default prompt");
    }

    private static Map<String, Set<String>> ordered(
            String first, Set<String> firstAliases, String second, Set<String> secondAliases) {
        Map<String, Set<String>> map = new LinkedHashMap<>();
        map.put(first, firstAliases);
        map.put(second, secondAliases);
        return map;
    }
}
