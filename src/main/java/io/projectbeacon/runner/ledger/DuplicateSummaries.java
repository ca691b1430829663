package io.projectbeacon.runner.ledger;

import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.database.WhereClause;
import io.projectbeacon.runner.domain.JobName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Sums of the ledger: what was first met in which hour, and which jobs and models had most of it.
 *
 * <p>A ledger may have millions of entries, and no index by time, which each entry would have to be written to. Entries are
 * numbered as they come, so the newest {@link #MOST_READ} are read, by their number, and those of the time asked for are
 * summed up.
 */
@Component
public class DuplicateSummaries {

    /** How many entries are read at most, of all callers together. */
    public static final int MOST_READ = 20_000;

    /** How many jobs and models are listed. */
    public static final int LISTED = 10;

    /**
     * The entries of one hour, layer and outcome.
     *
     * @param cells how many cells
     * @param times how often, which may have been later
     */
    public record Hour(Instant hour, String layer, String outcome, long cells, long times) {}

    /** A job's part: how many entries, how often stopped, and how often not. */
    public record JobShare(JobName name, long entries, long stopped, long allowed) {}

    /**
     * A model's part.
     *
     * @param seconds the median of its cells that are completed; null when none of them is
     */
    public record ModelShare(
            String modelId,
            long entries,
            long stopped,
            long allowed,
            @Nullable Double seconds) {}

    /**
     * What the calls that were not made would have taken.
     *
     * @param seconds the medians of the models, each times how often it was stopped
     * @param notKnown how often one was stopped of whose model no cell is completed
     */
    public record Saved(double seconds, long notKnown) {}

    /**
     * The sums.
     *
     * @param readSince null when all entries of the time asked for have been read; else those that are older than this are not
     *     in the sums
     */
    public record Summary(
            List<Hour> hours,
            List<JobShare> jobs,
            List<ModelShare> models,
            Saved saved,
            @Nullable Instant readSince) {}

    private static final String OWN = """
            newest AS (
              SELECT job_id, region, model_id, layer, outcome, occurrences, created_at
              FROM execution_duplicates ORDER BY id DESC LIMIT %d
            ), own AS (
              SELECT d.* FROM newest d {where}
            )
            """.formatted(MOST_READ);

    /* The one before the oldest that is read; by the index alone but for that one. */
    private static final String FIRST_NOT_READ = """
            SELECT created_at FROM execution_duplicates
            WHERE id = (SELECT id FROM execution_duplicates ORDER BY id DESC OFFSET %d LIMIT 1)
            """.formatted(MOST_READ);

    private static final String BY_HOUR = "WITH " + OWN + """
            SELECT date_trunc('hour', created_at, 'UTC') AS hour, layer, outcome,
              count(*) AS cells, sum(occurrences) AS times
            FROM own GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """;

    private static final String BY_JOB = "WITH " + OWN + """
            SELECT j.jobspec_id, share.*
            FROM (
              SELECT job_id, count(*) AS entries, sum(occurrences) AS times,
                sum(occurrences) FILTER (WHERE outcome = 'detected') AS stopped,
                sum(occurrences) FILTER (WHERE outcome = 'allowed') AS allowed
              FROM own GROUP BY job_id ORDER BY times DESC, job_id DESC LIMIT %d
            ) share JOIN jobs j ON j.id = share.job_id
            ORDER BY times DESC, job_id DESC
            """.formatted(LISTED);

    /* What a model takes is looked up in nine cells of it, by their key: enough for a median, and few whatever the number. */
    private static final String BY_MODEL = "WITH " + OWN + """
            , sample AS (
              SELECT job_id, region, model_id,
                row_number() OVER (PARTITION BY model_id ORDER BY created_at DESC, job_id DESC, region) AS n
              FROM own
            ), pace AS (
              SELECT s.model_id,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM e.completed_at - e.started_at)) AS seconds
              FROM sample s JOIN executions e
                ON e.job_id = s.job_id AND e.region = s.region AND e.model_id = s.model_id AND e.status = 'completed'
              WHERE s.n <= 9
              GROUP BY s.model_id
            ), share AS (
              SELECT model_id, count(*) AS entries, sum(occurrences) AS times,
                coalesce(sum(occurrences) FILTER (WHERE outcome = 'detected'), 0) AS stopped,
                sum(occurrences) FILTER (WHERE outcome = 'allowed') AS allowed
              FROM own GROUP BY model_id
            )
            SELECT share.*, pace.seconds,
              sum(stopped * pace.seconds) OVER () AS saved,
              sum(stopped) FILTER (WHERE pace.seconds IS NULL) OVER () AS not_known
            FROM share LEFT JOIN pace USING (model_id)
            ORDER BY times DESC, model_id LIMIT %d
            """.formatted(LISTED);

    private static final String OF_CALLER = "EXISTS (SELECT FROM jobs j WHERE j.id = d.job_id AND j.caller = :caller)";

    /** A model's part, and beside it the sums over all models. */
    private record ModelRow(ModelShare share, double saved, long notKnown) {}

    private final JdbcClient jdbc;

    DuplicateSummaries(JdbcTemplate template) {
        this.jdbc = TimeLimitedJdbc.of(template);
    }

    /**
     * Sums up what was first met at this time or later.
     *
     * @param caller of this caller's jobs; null: of all
     */
    public Summary since(Instant since, @Nullable String caller) {
        List<ModelRow> models =
                own(BY_MODEL, since, caller).query((row, n) -> model(row)).list();
        return new Summary(
                own(BY_HOUR, since, caller).query((row, n) -> hour(row)).list(),
                own(BY_JOB, since, caller).query((row, n) -> job(row)).list(),
                models.stream().map(ModelRow::share).toList(),
                models.isEmpty()
                        ? new Saved(0, 0)
                        : new Saved(models.getFirst().saved(), models.getFirst().notKnown()),
                firstNotRead(since));
    }

    private @Nullable Instant firstNotRead(Instant since) {
        return jdbc.sql(FIRST_NOT_READ)
                .query((row, n) -> instant(row, "created_at"))
                .optional()
                .filter(time -> !time.isBefore(since))
                .orElse(null);
    }

    private JdbcClient.StatementSpec own(String sql, Instant since, @Nullable String caller) {
        return new WhereClause()
                .and("d.created_at >= :since", "since", since.atOffset(ZoneOffset.UTC))
                .and(OF_CALLER, "caller", caller)
                .in(jdbc, sql);
    }

    private static Hour hour(ResultSet row) throws SQLException {
        return new Hour(
                instant(row, "hour"),
                row.getString("layer"),
                row.getString("outcome"),
                row.getLong("cells"),
                row.getLong("times"));
    }

    private static JobShare job(ResultSet row) throws SQLException {
        return new JobShare(
                JobName.of(row.getString("jobspec_id")),
                row.getLong("entries"),
                row.getLong("stopped"),
                row.getLong("allowed"));
    }

    private static ModelRow model(ResultSet row) throws SQLException {
        ModelShare share = new ModelShare(
                row.getString("model_id"),
                row.getLong("entries"),
                row.getLong("stopped"),
                row.getLong("allowed"),
                row.getObject("seconds", Double.class));
        return new ModelRow(share, row.getDouble("saved"), row.getLong("not_known"));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
