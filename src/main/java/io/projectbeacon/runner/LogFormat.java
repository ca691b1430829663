package io.projectbeacon.runner;

import ch.qos.logback.classic.PatternLayout;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Puts {@link LogPairs} in place of Logback's own {@code %kvp}, which quotes nothing, or everything without escaping. It
 * runs before the logging is set up, and holds for the patterns of an operator, too.
 */
final class LogFormat implements EnvironmentPostProcessor, Ordered {

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        PatternLayout.DEFAULT_CONVERTER_SUPPLIER_MAP.put("kvp", LogPairs::new);
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }
}
