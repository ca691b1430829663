package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.ColumnArrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** How clients call the jobs that a key in Redis names by number. */
@Component
public class JobNames {

    private static final String NAMES = "SELECT id, jobspec_id FROM jobs WHERE id = ANY(:jobs)";

    private final JdbcClient jdbc;

    JobNames(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The ids that the clients gave, by number; a job that is gone has none. */
    public Map<Long, String> of(Collection<Long> jobIds) {
        Map<Long, String> names = new HashMap<>();
        jdbc.sql(NAMES)
                .params(ColumnArrays.of(List.copyOf(jobIds))
                        .longs("jobs", Long::longValue)
                        .parameters())
                .query(row -> {
                    names.put(row.getLong("id"), row.getString("jobspec_id"));
                });
        return names;
    }
}
