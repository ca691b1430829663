package io.projectbeacon.runner.database;

import com.zaxxer.hikari.HikariDataSource;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.PriorityOrdered;
import org.springframework.stereotype.Component;

/** Puts the watch below the service's pool, once its properties are bound and before its first connection. */
@Component
final class WatchedPools implements BeanPostProcessor, PriorityOrdered {

    /** First: what others put around the pool stays around it. */
    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof HikariDataSource pool && pool.getDataSource() == null && pool.getJdbcUrl() != null) {
            WatchedDataSource.below(pool);
        }
        return bean;
    }
}
