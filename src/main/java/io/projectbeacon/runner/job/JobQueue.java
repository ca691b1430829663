package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.database.Durability;
import io.projectbeacon.runner.database.StatementForm;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.KeyTag;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.jobspec.WorkPlan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The queue as a runner sees it. It is the table of jobs itself: there is nothing beside it that could be lost or
 * doubled.
 *
 * <p>Every change is a compare-and-set on {@code (status, fence)}: a run that has been replaced changes nothing.
 */
@Component
public class JobQueue {

    private static final Logger log = LoggerFactory.getLogger(JobQueue.class);

    /**
     * A job that waits for a runner.
     *
     * @param fence what a start must find
     * @param caller whose job it is
     * @param priority the higher the earlier, among the jobs of one caller
     * @param turn its place between the callers: what its caller has had, and will have had when this job's turn comes
     * @param cells how many it has
     * @param regions those in which it has cells left; empty when it was put aside, and they are not known
     * @param models how many cells it has left in a region, at most
     * @param weight how much of a runner's capacity it takes: its cells, or the thousands of characters of what they
     *     are asked, if those are more
     * @param textBytes how many bytes its texts have
     */
    public record Waiting(
            long jobId,
            long fence,
            String caller,
            int priority,
            double turn,
            int cells,
            List<String> regions,
            int models,
            int weight,
            int textBytes) {

        /** Whether a start takes this job first. */
        public boolean isBefore(Waiting other) {
            if (!caller.equals(other.caller)) {
                return turn < other.turn;
            }
            return priority != other.priority ? priority > other.priority : jobId < other.jobId;
        }
    }

    /**
     * What callers have, as the runner that looks knows it.
     *
     * @param had what each has had of late; a caller that is not here has had nothing. A cell that waits counts as one second
     * @param sated callers of which no further job is to be started here
     */
    public record Shares(Map<String, Double> had, Set<String> sated) {}

    /** The part of the queue that is one caller's and has to do with a region. */
    public record CallersRegion(String caller, String region) {

        String text() {
            return caller + "/" + region;
        }
    }

    /** The sizes of texts that there is memory for, in bytes. */
    public record Sizes(int least, int most) {

        public static final Sizes ALL = new Sizes(0, Integer.MAX_VALUE);
    }

    /** A job that some runner has started, and the fence of its run. */
    public record Running(long jobId, long fence) {}

    private static final String RUNNING = "SELECT id, fence FROM jobs WHERE status = 'running' ORDER BY id";

    /*
     * Of two runners that start one job, the fence lets one through. started_at stays when a job is taken over, or was
     * parked. A locked row, as of a job that is being cancelled, is skipped. A job whose time is up makes no call, and what it
     * would ask is not read.
     */
    private static final String START = """
            WITH free AS MATERIALIZED (
              SELECT id, started_at IS NULL AS is_first
            %s)
            UPDATE jobs j SET
              status = 'running', fence = fence + 1, leased_until = NULL,
              parked_regions = NULL, wake_at = NULL, aside = false,
              started_at = coalesce(started_at, greatest(queued_at, clock_timestamp()))
            FROM free WHERE j.id = free.id
            RETURNING j.id, free.is_first, completed_met, jobspec_id, key_seed, fence, run_cause, on_unknown, retry_unknown, queued_at, started_at,
              CASE WHEN clock_timestamp() < started_at + timeout_ms * interval '1 millisecond' THEN content END AS content,
              timeout_ms - extract(epoch FROM clock_timestamp() - started_at) * 1000 AS left_ms
            """.formatted(JobRows.waiting(StatementForm.TOGETHER));

    /* The first start begins the deadline, whether or not a call can be made. */
    private static final String PARK = """
            WITH free AS MATERIALIZED (
              SELECT id, coalesce(started_at, greatest(queued_at, clock_timestamp())) AS begun
            %s)
            UPDATE jobs j SET started_at = free.begun, wake_at = free.begun + timeout_ms * interval '1 millisecond'
            FROM free WHERE j.id = free.id
            """.formatted(JobRows.waiting(StatementForm.TOGETHER));

    private static final String OWNED = "SELECT n\n" + JobRows.ownedUnlocked();

    private static final String CANCELLED = """
            SELECT n FROM unnest(:runJobs, :runFences) WITH ORDINALITY AS run (job, of_fence, n)
            CROSS JOIN LATERAL (SELECT FROM jobs WHERE id = job AND status = 'cancelled' OFFSET 0) jobs
            """;

    private static final String REQUEUE = """
            UPDATE jobs SET status = 'queued', run_cause = 'redelivery', completed_met = false
            WHERE id = :job AND status = 'running' AND fence = :fence
            """;

    /*
     * A run with a lease from the database goes on without a lock in Redis. A locked row is skipped, so that the
     * orphans behind it do not wait for it.
     */
    private static final String TAKE_BACK = """
            UPDATE jobs SET status = 'queued', run_cause = 'redelivery', completed_met = false
            WHERE id = (
              SELECT id FROM jobs
              WHERE id = :job AND status = 'running' AND fence = :fence
                AND (leased_until IS NULL OR leased_until < clock_timestamp())
              FOR UPDATE SKIP LOCKED)
            """;

    private static final String LEASE_UNLOCKED_ROWS = lease(StatementForm.TOGETHER);

    /* A claim locks a job's row for a moment. */
    private static final String LEASE_AND_WAIT = lease(StatementForm.WAITING);

    private final Durability durability;
    private final JdbcClient jdbc;
    private final JdbcClient limited;
    private final ParameterNames parameters;

    JobQueue(JdbcTemplate template, ParameterNames parameters) {
        this.durability = Durability.of(template);
        this.jdbc = JdbcClient.create(template);
        this.limited = TimeLimitedJdbc.of(template);
        this.parameters = parameters;
    }

    private static String lease(StatementForm form) {
        return """
                WITH mine AS MATERIALIZED (
                  SELECT id, n
                %s)
                UPDATE jobs j SET leased_until = clock_timestamp() + make_interval(secs => :seconds)
                FROM mine WHERE j.id = mine.id
                RETURNING mine.n
                """.formatted(JobRows.owned(form, "FOR NO KEY UPDATE"));
    }

    /**
     * The next jobs to run: those of the caller first that has had least, and of one caller higher priority first, then oldest
     * first.
     *
     * @param full regions for which no further job of a caller is to be started here
     * @param closed regions that take no calls: jobs that have cells left only there are left out
     * @param sizes of the texts of jobs that can be started here
     */
    public List<Waiting> next(Shares shares, Set<CallersRegion> full, Set<String> closed, Sizes sizes, int limit) {
        Set<String> fullNames = full.stream().map(CallersRegion::text).collect(Collectors.toSet());
        return look(
                QueueLook.STARTABLE,
                limit,
                inTurn(
                        shares,
                        Map.of(
                                "full",
                                names(fullNames),
                                "closed",
                                names(closed),
                                "sated",
                                names(shares.sated()),
                                "least",
                                sizes.least(),
                                "most",
                                sizes.most())));
    }

    /** The next jobs that are to be parked, since all their regions are closed. */
    public List<Waiting> toPark(Shares shares, Set<String> closed, int limit) {
        return look(QueueLook.TO_PARK, limit, inTurn(shares, Map.of("closed", names(closed))));
    }

    /** The parked jobs that are the first to try a closed region out. */
    public List<Waiting> forTrial(Shares shares, String region, Set<String> closed, int limit) {
        return look(
                QueueLook.FOR_TRIAL,
                limit,
                inTurn(shares, Map.of("region", names(Set.of(region)), "closed", names(closed))));
    }

    private static Map<String, ?> inTurn(Shares shares, Map<String, ?> which) {
        List<Map.Entry<String, Double>> had = List.copyOf(shares.had().entrySet());
        Map<String, Object> all = new HashMap<>(which);
        all.put("callers", had.stream().map(Map.Entry::getKey).toArray(String[]::new));
        all.put("had", had.stream().map(Map.Entry::getValue).toArray(Double[]::new));
        return all;
    }

    /**
     * The parked jobs whose own time has come, whatever their regions: their deadline, or the end of their cells' waits.
     *
     * @param withPlace false to leave out those that were put aside for their cells' waits, since they make calls
     */
    public List<Waiting> due(boolean withPlace, int limit) {
        return look(QueueLook.DUE, limit, Map.of("withPlace", withPlace));
    }

    private List<Waiting> look(String sql, int limit, Map<String, ?> which) {
        return jdbc.sql(sql)
                .param("limit", limit)
                .params(which)
                .query((row, n) -> new Waiting(
                        row.getLong("id"),
                        row.getLong("fence"),
                        row.getString("caller"),
                        row.getInt("priority"),
                        row.getDouble("turn"),
                        row.getInt("cells"),
                        List.of((String[]) row.getArray("lane").getArray()),
                        row.getInt("models"),
                        row.getInt("weight"),
                        row.getInt("text_bytes")))
                .list();
    }

    private static String[] names(Set<String> regions) {
        return regions.toArray(String[]::new);
    }

    /** Parks jobs that were never started, or have been queued again, and would begin no call now; their time runs from here. */
    public void park(List<Waiting> jobs) {
        if (!jobs.isEmpty()) {
            jdbc.sql(PARK).params(fences(jobs)).update();
        }
    }

    private static Map<String, @Nullable Object> fences(List<Waiting> jobs) {
        return ColumnArrays.of(jobs)
                .longs("runJobs", Waiting::jobId)
                .longs("runFences", Waiting::fence)
                .parameters();
    }

    /**
     * Starts a run of each job under its next fence, all in one commit.
     *
     * @return the runs of those that still waited under the fence that was seen, and whose rows were not locked
     */
    public List<StartedJob> start(List<Waiting> jobs) {
        if (jobs.isEmpty()) {
            return List.of();
        }
        durability.beforeNewWork();
        List<Long> ids = jobs.stream().map(Waiting::jobId).toList();
        Map<Long, Waiting> seen = jobs.stream().collect(Collectors.toMap(Waiting::jobId, job -> job));
        return jdbc
                .sql(START)
                .params(fences(jobs))
                .query((row, n) -> started(row, Objects.requireNonNull(seen.get(row.getLong("id")))))
                .list()
                .stream()
                .sorted(Comparator.comparing(job -> ids.indexOf(job.run().jobId())))
                .toList();
    }

    /** Which of the runs still own their jobs; the others' jobs were cancelled, or are another run's. */
    public Set<Run> owned(Collection<Run> runs) {
        return those(jdbc.sql(OWNED), runs);
    }

    /** Which of the runs' jobs are cancelled now. */
    public Set<Run> cancelled(Collection<Run> runs) {
        return those(jdbc.sql(CANCELLED), runs);
    }

    /** The running jobs of all runners. */
    public List<Running> running() {
        return jdbc.sql(RUNNING)
                .query((row, n) -> new Running(row.getLong("id"), row.getLong("fence")))
                .list();
    }

    /**
     * Puts an orphaned job back into the queue, unless it has been given to another run or has ended meanwhile, or its
     * runner has a lease from the database.
     */
    public boolean takeBack(Running orphan) {
        return requeue(TAKE_BACK, orphan);
    }

    /** Puts a job back into the queue that an earlier process left running; only for a caller that knows it is gone. */
    public boolean resume(Running left) {
        return requeue(REQUEUE, left);
    }

    /**
     * Gives a lease to runs that cannot reach Redis: they may rely on their jobs for this long, and sweepers leave the
     * jobs alone until then.
     *
     * @return the runs that still own their jobs
     */
    public Set<Run> lease(Collection<Run> runs, Duration ttl) {
        double seconds = ttl.toMillis() / 1000.0;
        Set<Run> leased = new HashSet<>(those(jdbc.sql(LEASE_UNLOCKED_ROWS).param("seconds", seconds), runs));
        List<Run> locked = runs.stream().filter(run -> !leased.contains(run)).toList();
        try {
            leased.addAll(those(limited.sql(LEASE_AND_WAIT).param("seconds", seconds), locked));
        } catch (QueryTimeoutException stillLocked) {
            log.warn("Of {} jobs whose rows are locked, some got no lease in time; asking again", locked.size());
        }
        return leased;
    }

    private static Set<Run> those(JdbcClient.StatementSpec which, Collection<Run> runs) {
        List<Run> asked = List.copyOf(runs);
        if (asked.isEmpty()) {
            return Set.of();
        }
        return Set.copyOf(which.params(RunColumns.of(asked))
                .query((row, n) -> asked.get(row.getInt("n") - 1))
                .list());
    }

    private boolean requeue(String sql, Running job) {
        return jdbc.sql(sql)
                        .param("job", job.jobId())
                        .param("fence", job.fence())
                        .update()
                == 1;
    }

    private StartedJob started(ResultSet row, Waiting seen) throws SQLException {
        UUID keySeed = row.getObject("key_seed", UUID.class);
        Run run = new Run(
                row.getLong("id"),
                row.getString("jobspec_id"),
                keySeed == null ? null : KeyTag.of(keySeed),
                row.getLong("fence"),
                RunCause.valueOf(row.getString("run_cause").toUpperCase(Locale.ROOT)),
                OnUnknown.ofWireName(row.getString("on_unknown")).orElseThrow(),
                row.getBoolean("retry_unknown"));
        Duration waited = Duration.between(
                row.getObject("queued_at", OffsetDateTime.class), row.getObject("started_at", OffsetDateTime.class));
        try {
            String content = row.getString("content");
            List<CellWork> cells = content == null ? List.of() : WorkPlan.of(content, parameters);
            return new StartedJob(
                    run,
                    cells,
                    row.getBoolean("is_first") ? waited : null,
                    row.getBoolean("completed_met"),
                    Duration.ofMillis(row.getLong("left_ms")),
                    seen.weight(),
                    content == null ? 0 : seen.textBytes());
        } catch (RuntimeException unreadable) {
            // The other jobs of this start must run. This one ends as a job without cells whose time is up.
            log.atError()
                    .addKeyValue("job_id", run.jobspecId())
                    .setCause(unreadable)
                    .log("What the job is to run cannot be read; it ends without a call");
            return new StartedJob(run, List.of(), null, false, Duration.ZERO, seen.weight(), 0);
        }
    }
}
