package io.projectbeacon.runner.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.projectbeacon.runner.domain.RunnerName;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** A series that tells which runner answers the scrape, by the name that stands in the ledger and at the attempts. */
@Component
final class RunnerInfo {

    RunnerInfo(
            MeterRegistry registry, RunnerName runner, @Value("${spring.application.version:unknown}") String version) {
        Gauge.builder("beacon.info", () -> 1)
                .description("1; the runner's name and version")
                .tag("runner", runner.value())
                .tag("version", version)
                .register(registry);
    }
}
