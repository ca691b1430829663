package io.projectbeacon.runner.region;

import io.projectbeacon.runner.database.ConfirmedTransaction;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The table of the regions that operators have paused, which all replicas read. */
@Component
public class PausedRegions {

    /* The first pause stands: a second one changes nothing, and is answered with the first. */
    private static final String PAUSE = """
            INSERT INTO paused_regions (region, paused_by) VALUES (:region, :caller)
            ON CONFLICT (region) DO UPDATE SET paused_by = paused_regions.paused_by
            RETURNING paused_at, paused_by
            """;

    private static final String RESUME = "DELETE FROM paused_regions WHERE region = :region";

    /* A standby may not have heard of a pause yet, so its answer is none. */
    private static final String ALL = """
            SELECT pg_is_in_recovery() AS is_standby, region, paused_at, paused_by
            FROM (SELECT) one LEFT JOIN paused_regions ON true
            """;

    private final JdbcClient jdbc;
    private final ConfirmedTransaction transaction;

    PausedRegions(JdbcTemplate template, ConfirmedTransaction transaction) {
        this.jdbc = TimeLimitedJdbc.of(template);
        this.transaction = transaction;
    }

    /**
     * Pauses the region for all replicas, which know of it after {@link RegionPauses#untilKnown}.
     *
     * @return its pause: an earlier one, if it is paused already
     */
    public RegionPause pause(String region, String caller) {
        return transaction.execute(
                () -> jdbc.sql(PAUSE)
                        .param("region", region)
                        .param("caller", caller)
                        .query((row, n) -> pause(row))
                        .single(),
                committed -> {});
    }

    /** Lets calls begin in the region again. */
    public void resume(String region) {
        transaction.execute(() -> jdbc.sql(RESUME).param("region", region).update(), committed -> {});
    }

    /** The paused regions; empty when the server that was asked is none that can tell. */
    Optional<Map<String, RegionPause>> all() {
        Map<String, RegionPause> paused = new HashMap<>();
        boolean[] isStandby = new boolean[1];
        jdbc.sql(ALL).query((RowCallbackHandler) row -> {
            isStandby[0] = row.getBoolean("is_standby");
            String region = row.getString("region");
            if (region != null) {
                paused.put(region, pause(row));
            }
        });
        return isStandby[0] ? Optional.empty() : Optional.of(paused);
    }

    private static RegionPause pause(ResultSet row) throws SQLException {
        return new RegionPause(
                row.getObject("paused_at", OffsetDateTime.class).toInstant(), row.getString("paused_by"));
    }
}
