package io.projectbeacon.runner.execution;

import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.inference.InferenceProperties;
import io.projectbeacon.runner.metrics.WireName;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class ExecutionConfiguration {

    /** What a pool that does not say its size is taken for. */
    private static final int DEFAULT_POOL = 10;

    @Bean
    RunnerName runnerName() {
        String id = UUID.randomUUID().toString().substring(0, 8);
        return new RunnerName(hostName() + "/" + ProcessHandle.current().pid() + "/" + id);
    }

    @Bean
    ProviderName providerName(InferenceProperties properties) {
        return new ProviderName(WireName.of(properties.provider()).replace('_', '-'));
    }

    @Bean
    PatientWriter patientWriter(DataSource dataSource) {
        return new PatientWriter(
                dataSource instanceof HikariDataSource pool ? pool.getMaximumPoolSize() : DEFAULT_POOL);
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
