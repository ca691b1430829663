package io.projectbeacon.runner.region;

import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class RegionConfiguration {

    @Bean
    RegionPauses regionPauses(Regions regions, BeaconGauges gauges) {
        RegionPauses pauses = new RegionPauses(Ticker.SYSTEM, RegionPauses.VALID);
        for (String region : regions.names()) {
            gauges.regionPaused(region, pauses, known -> known.shown(region));
        }
        return pauses;
    }

    @Bean
    RegionPace regionPace(Regions regions, BackoffProperties backoff, RegionPauses pauses, BeaconMetrics metrics) {
        return new RegionPace(regions, backoff, pauses, metrics, Ticker.SYSTEM);
    }

    @Bean
    RegionBreakers regionBreakers(Regions regions, BreakerProperties properties, BeaconGauges gauges) {
        return new RegionBreakers(regions, properties, gauges, Ticker.SYSTEM);
    }

    @Bean
    RegionClosures regionClosures(
            Regions regions, RegionPace pace, RegionBreakers breakers, BreakerProperties properties) {
        return new RegionClosures(regions, pace, breakers, properties);
    }

    @Bean
    HealthIndicator regionsHealthIndicator(
            RegionBreakers breakers, RegionPace pace, RegionLimits limits, RegionPauses pauses) {
        return new RegionsHealth(breakers, pace, limits, pauses);
    }
}
