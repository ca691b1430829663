package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceProperties.Backoff;
import io.projectbeacon.runner.inference.InferenceProperties.Provider;
import java.time.Duration;
import java.util.Map;

/** Parts of the inference room for tests of other rooms. */
public final class InferenceRoom {

    private InferenceRoom() {}

    /** The pace of regions that have refused nothing. */
    public static RegionPace pace() {
        Regions regions = Regions.of(Provider.SIMULATED, new RegionsProperties(Map.of()));
        return new RegionPace(regions, new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(60)), Ticker.SYSTEM);
    }
}
