package io.projectbeacon.runner.embedded;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code beacon.embedded}: the servers that are started when none are configured.
 *
 * @param directory where the embedded PostgreSQL and Redis keep their files, relative to the working directory; kept
 *     between runs
 */
@ConfigurationProperties("beacon.embedded")
record EmbeddedProperties(@DefaultValue(".beacon") Path directory) {}
