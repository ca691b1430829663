package io.projectbeacon.runner;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.UUID;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/** Gives this start its name before the logging is set up, so that each line can carry it. */
final class RunnerNaming implements EnvironmentPostProcessor, Ordered {

    /** Where the name stands in the environment; no setting. */
    static final String PROPERTY = "runner.name";

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        environment.getPropertySources().addFirst(new MapPropertySource("runnerName", Map.of(PROPERTY, name())));
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    private static String name() {
        String id = UUID.randomUUID().toString().substring(0, 8);
        return hostName() + "/" + ProcessHandle.current().pid() + "/" + id;
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
