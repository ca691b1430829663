package io.projectbeacon.runner.support;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A migrated database of its own for a test, with as many connection pools as the test has runners. */
public final class Database implements AutoCloseable {

    private final String url;
    private final List<HikariDataSource> pools = new ArrayList<>();
    private final HikariDataSource first;

    private Database(String url) {
        this.url = url;
        this.first = pool(8);
        Flyway.configure().dataSource(first).load().migrate();
    }

    /** A fresh database on the embedded PostgreSQL. */
    public static Database fresh() {
        return new Database(TestServers.newDatabase());
    }

    /** An empty database elsewhere, by its JDBC URL with user and password. */
    public static Database at(String url) {
        return new Database(url);
    }

    public String url() {
        return url;
    }

    public HikariDataSource pool(int size) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(20_000);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    public JdbcClient jdbc() {
        return JdbcClient.create(first);
    }

    public JdbcTemplate template() {
        return new JdbcTemplate(first);
    }

    public TransactionTemplate transaction() {
        return new TransactionTemplate(new JdbcTransactionManager(first));
    }

    public long count(String sql, Object... params) {
        return jdbc().sql(sql).params(params).query(Long.class).single();
    }

    /** Inserts a running job with this fence and this many cells, and returns its id. */
    public long runningJob(String jobspecId, long fence, String onUnknown, int cells) {
        return jdbc().sql("""
                        INSERT INTO jobs
                          (jobspec_id, status, fence, on_unknown, priority, cells, models, regions, spec, content,
                           warnings, created_at, queued_at, started_at)
                        VALUES (?, 'running', ?, ?, 0, ?, '{}', '{}', '{}', '{}', '[]', now(), now(), now())
                        RETURNING id
                        """)
                .params(jobspecId, fence, onUnknown, cells)
                .query(Long.class)
                .single();
    }

    @Override
    public void close() {
        pools.forEach(HikariDataSource::close);
    }
}
