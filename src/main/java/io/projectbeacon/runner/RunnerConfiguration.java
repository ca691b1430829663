package io.projectbeacon.runner;

import io.projectbeacon.runner.domain.CallerLimits;
import io.projectbeacon.runner.domain.RunnerName;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.UUID;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Defines the beans of which the process has exactly one: its name, its clock, and what it grants each caller. */
@Configuration(proxyBeanMethods = false)
class RunnerConfiguration {

    @Bean
    RunnerName runnerName() {
        String id = UUID.randomUUID().toString().substring(0, 8);
        return new RunnerName(hostName() + "/" + ProcessHandle.current().pid() + "/" + id);
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    CallerLimits callerLimits(FairShareProperties properties) {
        return properties.limits();
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
