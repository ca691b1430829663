package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.inference.InferenceProperties.Simulated;
import java.time.Duration;
import java.util.Set;
import org.springframework.util.unit.DataSize;

/** Parts of the inference room for tests of other rooms. */
public final class InferenceRoom {

    private InferenceRoom() {}

    /** The memory of calls, of so many bytes. */
    public static CallBudget budget(Provider provider, long bytes) {
        return new CallBudget(new InferenceProperties(
                provider,
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                Set.of(),
                Set.of(),
                3,
                DataSize.ofBytes(bytes),
                new Simulated(LatencyRange.of("0ms"), 0, 0)));
    }
}
