package io.projectbeacon.runner.region;

import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class RegionConfiguration {

    @Bean
    RegionPace regionPace(Regions regions, BackoffProperties backoff, BeaconMetrics metrics) {
        return new RegionPace(regions, backoff, metrics, Ticker.SYSTEM);
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
    HealthIndicator regionsHealthIndicator(RegionBreakers breakers, RegionPace pace, RegionLimits limits) {
        return new RegionsHealth(breakers, pace, limits);
    }
}
