package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.RunnerName;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The regions that take no calls, as all runners know them. While a region is closed, jobs that have cells left only in closed
 * regions are not started, but for a few that try the region out, on one runner at a time.
 */
@Component
public class ClosedRegions {

    /*
     * Of two runners that are refused one after the other, the later time counts. The one that tries the region out stays so:
     * others of its trials may be under way still.
     */
    private static final String CLOSE = """
            INSERT INTO closed_regions (region, closed_until)
            VALUES (:region, clock_timestamp() + make_interval(secs => :seconds))
            ON CONFLICT (region) DO UPDATE SET
              closed_until = greatest(closed_regions.closed_until, excluded.closed_until)
            """;

    /** SQL for the regions whose jobs are parked: those that take no calls, and those that an operator has paused. */
    static final String AND_PAUSED = "SELECT region FROM closed_regions UNION ALL SELECT region FROM paused_regions";

    private static final String OPEN = "DELETE FROM closed_regions WHERE region = :region";

    private static final String ALL = "SELECT region, closed_until <= clock_timestamp() AS is_due FROM closed_regions";

    private static final String TRY_OUT = """
            UPDATE closed_regions SET
              trial_runner = :runner, trial_until = clock_timestamp() + make_interval(secs => :seconds)
            WHERE region = :region
              AND (trial_runner = :runner OR closed_until <= clock_timestamp()
                AND (trial_until IS NULL OR trial_until < clock_timestamp()))
            """;

    private final JdbcClient jdbc;
    private final RunnerName runner;

    ClosedRegions(JdbcClient jdbc, RunnerName runner) {
        this.jdbc = jdbc;
        this.runner = runner;
    }

    /** Tells all runners that the region takes no call for so long. */
    public void close(String region, Duration left) {
        jdbc.sql(CLOSE).param("region", region).param("seconds", seconds(left)).update();
    }

    /**
     * Tells all runners that the region takes calls again.
     *
     * @return whether it was closed
     */
    public boolean open(String region) {
        return jdbc.sql(OPEN).param("region", region).update() == 1;
    }

    /** The closed regions, and whether the time has come to try each out. */
    public Map<String, Boolean> all() {
        Map<String, Boolean> closed = new HashMap<>();
        jdbc.sql(ALL).query(row -> {
            closed.put(row.getString("region"), row.getBoolean("is_due"));
        });
        return closed;
    }

    /**
     * Takes it upon this runner to try the region out, for so long unless it asks again; which it may before the region's time
     * has come, once it has begun to.
     *
     * @return false while another runner does, or the region's time has not come
     */
    public boolean tryOut(String region, Duration forTime) {
        return jdbc.sql(TRY_OUT)
                        .param("region", region)
                        .param("runner", runner.value())
                        .param("seconds", seconds(forTime))
                        .update()
                == 1;
    }

    private static double seconds(Duration time) {
        return time.toMillis() / 1000.0;
    }
}
