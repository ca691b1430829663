package io.projectbeacon.runner;

import io.projectbeacon.runner.domain.CallerLimits;
import io.projectbeacon.runner.domain.RunnerName;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Defines the beans of which the process has exactly one: its name, its clock, and what it grants each caller. */
@Configuration(proxyBeanMethods = false)
class RunnerConfiguration {

    private static final Logger log = LoggerFactory.getLogger(RunnerConfiguration.class);

    @Bean
    RunnerName runnerName(Environment environment) {
        String name = environment.getRequiredProperty(RunnerNaming.PROPERTY);
        log.atInfo().addKeyValue("runner", name).log("This process is a runner of its own");
        return new RunnerName(name);
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    CallerLimits callerLimits(FairShareProperties properties) {
        return properties.limits();
    }
}
