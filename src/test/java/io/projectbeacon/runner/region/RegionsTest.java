package io.projectbeacon.runner.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.domain.Provider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

class RegionsTest {

    private static final String KEY = "sk-very-secret-1234";

    private static RegionsProperties.Region region(String... aliases) {
        return new RegionsProperties.Region(Set.of(aliases), "http://x/v1", KEY, 5, 8);
    }

    private static Regions simulated(Map<String, RegionsProperties.Region> configured) {
        return Regions.of(Provider.SIMULATED, new RegionsProperties(configured));
    }

    @Test
    void theSimulatedProviderKnowsTheFourBuiltInRegionsWithTheirAliases() {
        Regions regions = simulated(Map.of());

        assertThat(List.copyOf(regions.names())).containsExactly("us-east", "us-west", "eu-west", "asia-pacific");
        assertThat(regions.aliases())
                .containsEntry("us-east", Set.of("US", "us-east-1", "us"))
                .containsEntry("us-west", Set.of())
                .containsEntry("eu-west", Set.of("EU"))
                .containsEntry("asia-pacific", Set.of("ASIA", "APAC"));
    }

    @Test
    void aConfiguredRegionComesAfterTheBuiltInOnesAndItsAliasesAreAdded() {
        Map<String, RegionsProperties.Region> configured = new LinkedHashMap<>();
        configured.put("moon", region("luna"));
        configured.put("eu-west", region("Europe"));

        Regions regions = simulated(configured);

        assertThat(List.copyOf(regions.names()))
                .containsExactly("us-east", "us-west", "eu-west", "asia-pacific", "moon");
        assertThat(regions.aliases())
                .containsEntry("moon", Set.of("luna"))
                .containsEntry("eu-west", Set.of("EU", "Europe"));
    }

    @Test
    void aRealProviderKnowsOnlyWhatIsConfiguredAndTheBuiltInAliasesOfThose() {
        Regions regions = Regions.of(Provider.OPENAI, new RegionsProperties(Map.of("eu-west", region())));

        assertThat(regions.aliases()).isEqualTo(Map.of("eu-west", Set.of("EU")));
    }

    @Test
    void theBoundOnCallsInFlightIsTheRegionsOwnOrTheDefault() {
        Regions regions = simulated(Map.of("moon", region()));

        assertThat(regions.maxInFlight("moon")).isEqualTo(5);
        assertThat(regions.maxInFlight("us-east")).isEqualTo(1000);
        assertThat(regions.maxInFlight("gone")).isEqualTo(1000);
        assertThat(regions.maxInFlightTotal("moon")).isEqualTo(8);
        assertThat(regions.maxInFlightTotal("us-east")).isNull();
        assertThat(regions.maxInFlightTotal("gone")).isNull();
    }

    @Test
    void twoRegionsCannotShareAName() {
        Map<String, RegionsProperties.Region> configured = new LinkedHashMap<>();
        configured.put("moon", region("Luna"));
        configured.put("mars", region("lunA"));

        assertThatThrownBy(() -> simulated(configured))
                .isInstanceOfSatisfying(
                        InvalidConfigurationPropertyValueException.class,
                        e -> assertThat(e.getName()).isEqualTo("beacon.regions.mars.aliases"));
        assertThatThrownBy(() -> simulated(Map.of("eu", region())))
                .isInstanceOf(InvalidConfigurationPropertyValueException.class);
    }

    @Test
    void aRegionMayRepeatItsOwnNameAmongItsAliases() {
        assertThat(simulated(Map.of("moon", region("MOON", "Moon"))).names()).contains("moon");
    }

    @Test
    void theTablesCannotBeChanged() {
        Regions regions = simulated(Map.of());

        assertThatThrownBy(() -> regions.names().clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> regions.aliases().get("us-east").add("x"))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void aRegionsKeyIsNotPrinted() {
        assertThat(region().toString()).contains("****").doesNotContain(KEY);
        assertThat(new RegionsProperties(Map.of("moon", region())).toString()).doesNotContain(KEY);
    }
}
