package io.projectbeacon.runner.jobspec;

import java.util.Map;
import java.util.TreeMap;

/** Tells of fields that other runners of the family know and that have no effect here. */
final class IdleFields {

    private static final Map<String, String> INSTEAD = new TreeMap<>(Map.of(
            "min_regions", "constraints.min_success_rate says how much of a job must succeed",
            "provider_timeout", "the operator bounds a call with beacon.inference.call-timeout",
            "max_retries", "the operator bounds the attempts with beacon.inference.max-attempts",
            "timeout_seconds", "constraints.timeout bounds the job, as \"90s\""));

    private IdleFields() {}

    static void find(Places places) {
        INSTEAD.forEach((name, instead) -> {
            if (places.notSent().anyMatch(place -> place.has(name))) {
                places.spec().findings().warn("%s has no effect here: %s".formatted(name, instead));
            }
        });
    }
}
