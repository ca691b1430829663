package io.projectbeacon.runner.chaos;

import java.time.Duration;
import java.util.List;

/** The settings that all storms have in common. */
final class Setup {

    static final int RUNNERS = 3;
    static final Duration TTL = Duration.ofMillis(1500);
    static final Duration POLL = Duration.ofMillis(200);
    static final Duration CALL_TIMEOUT = Duration.ofMillis(2500);
    static final List<String> REGIONS = List.of("us-east", "us-west", "eu-west", "asia-pacific");

    /** Prefix of the ids of the calm's jobs: there are no faults, and all counts must match exactly. */
    static final String CALM = "calm-";

    private Setup() {}
}
