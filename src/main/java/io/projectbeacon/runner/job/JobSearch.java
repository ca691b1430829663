package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.database.WhereClause;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.domain.JobStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Finds jobs by the beginning of their ids, counts them by status, and looks again at jobs that a page shows. */
@Component
public class JobSearch {

    /** A count goes no further: a larger number says no more to a reader, and the database would read every entry for it. */
    public static final int MOST_COUNTED = 10_000;

    private static final Pattern BEGINNING = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");

    /** Comes after each character that an id may have. */
    private static final String PAST_ALL = "~";

    /*
     * A search lists by id, not by age: its index is read from the end of the beginning backwards for the rows of one page,
     * however many jobs begin like that. Ids that the service has made are in the order of their times.
     */
    private static final String OF_CALLER = """
            SELECT id FROM jobs
            WHERE jobspec_id >= :from AND jobspec_id < :to AND caller = :caller AND status = ANY (:statuses)
            ORDER BY jobspec_id DESC
            LIMIT :limit
            """;

    /* The default caller's jobs have their plain id in the one index, the others' in the other. */
    private static final String OF_ALL = """
            SELECT id FROM (
              (SELECT id, jobspec_id AS plain FROM jobs
               WHERE jobspec_id >= :from AND jobspec_id <= :to AND (jobspec_id, id) < (:to, :below)
                 AND caller = 'default' AND status = ANY (:statuses)
               ORDER BY jobspec_id DESC, id DESC LIMIT :limit)
              UNION ALL
              (SELECT id, split_part(jobspec_id, '/', 2) AS plain FROM jobs
               WHERE split_part(jobspec_id, '/', 2) >= :from AND split_part(jobspec_id, '/', 2) <= :to
                 AND (split_part(jobspec_id, '/', 2), id) < (:to, :below)
                 AND caller <> 'default' AND status IS NOT NULL AND status = ANY (:statuses)
               ORDER BY split_part(jobspec_id, '/', 2) DESC, id DESC LIMIT :limit)
            ) found
            ORDER BY plain DESC, id DESC
            LIMIT :limit
            """;

    private static final String NAME = "SELECT jobspec_id FROM jobs WHERE id = :job";

    private static final String COUNTS = """
            SELECT of_status,
              (SELECT count(*) FROM (SELECT FROM jobs {where} AND status = of_status LIMIT :bound) counted) AS jobs
            FROM unnest(:statuses) AS listed (of_status)
            """;

    private static final String NEWER = "SELECT count(*) FROM (SELECT FROM jobs {where} LIMIT :bound) newer";

    private final JdbcClient jdbc;
    private final JobReader reader;

    JobSearch(JdbcTemplate template, JobReader reader) {
        this.jdbc = TimeLimitedJdbc.of(template);
        this.reader = reader;
    }

    /**
     * The jobs whose ids begin so, in the order of their ids, the last first.
     *
     * @param caller null matches every caller
     * @param status null matches every status
     */
    public Page<JobView> byBeginning(
            String beginning, @Nullable String caller, @Nullable JobStatus status, Page.Request page) {
        if (!BEGINNING.matcher(beginning).matches()) {
            return new Page<>(List.of(), null, null); // No id has such characters.
        }
        Optional<JobName> after = page.after() == null ? Optional.empty() : name(page.after());
        if (page.after() != null && after.isEmpty()) {
            return new Page<>(List.of(), null, null);
        }
        String to = after.map(JobName::id).orElse(beginning + PAST_ALL);
        int limit = page.limit() + 1;
        List<Long> ids = caller == null
                ? jdbc.sql(OF_ALL)
                        .param("from", beginning)
                        .param("to", to)
                        .param("below", page.after() == null ? 0 : page.after())
                        .param("statuses", statuses(status))
                        .param("limit", limit)
                        .query((row, n) -> row.getLong("id"))
                        .list()
                : jdbc.sql(OF_CALLER)
                        .param("from", new JobName(caller, beginning).text())
                        .param("to", new JobName(caller, to).text())
                        .param("caller", caller)
                        .param("statuses", statuses(status))
                        .param("limit", limit)
                        .query((row, n) -> row.getLong("id"))
                        .list();
        boolean isLast = ids.size() <= page.limit();
        List<Long> shown = isLast ? ids : ids.subList(0, page.limit());
        return new Page<>(these(shown, caller), isLast ? null : shown.getLast(), null);
    }

    private Optional<JobName> name(long job) {
        return jdbc.sql(NAME).param("job", job).query(String.class).optional().map(JobName::of);
    }

    /**
     * These jobs as they are now, in this order, without those that have been deleted.
     *
     * @param ids of {@link JobView#jobId}
     * @param caller jobs of others are left out; null: of none
     */
    public List<JobView> these(List<Long> ids, @Nullable String caller) {
        if (ids.isEmpty()) {
            return List.of();
        }
        Map<Long, JobView> found = reader.byIds(ids).stream()
                .filter(job -> caller == null || caller.equals(owner(job)))
                .collect(Collectors.toMap(JobView::jobId, Function.identity()));
        return ids.stream()
                .distinct()
                .flatMap(id -> Stream.ofNullable(found.get(id)))
                .toList();
    }

    private static String owner(JobView job) {
        return Objects.requireNonNullElse(job.caller(), Caller.ONLY.name());
    }

    /** How many jobs there are in each status, up to {@link #MOST_COUNTED}. */
    public Map<JobStatus, Long> counts(@Nullable String caller) {
        return of(caller)
                .in(jdbc, COUNTS)
                .param("statuses", statuses(null))
                .param("bound", MOST_COUNTED)
                .query((row, n) -> Map.entry(JobStatus.of(row.getString("of_status")), row.getLong("jobs")))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** How many jobs have come after that one, up to {@link #MOST_COUNTED}. */
    public long newerThan(long job, @Nullable String caller, @Nullable JobStatus status) {
        return of(caller)
                .and("status = ANY (:statuses)", "statuses", statuses(status))
                .and("id > :newest", "newest", job)
                .in(jdbc, NEWER)
                .param("bound", MOST_COUNTED)
                .query(Long.class)
                .single();
    }

    /* Said for the planner: the index of the jobs of callers has no others. */
    private static WhereClause of(@Nullable String caller) {
        return Caller.ONLY.name().equals(caller)
                ? new WhereClause().and("caller = :caller", "caller", caller)
                : new WhereClause().and("caller = :caller AND caller <> 'default'", "caller", caller);
    }

    private static String[] statuses(@Nullable JobStatus status) {
        return (status == null ? Arrays.stream(JobStatus.values()) : Stream.of(status))
                .map(JobStatus::wireName)
                .toArray(String[]::new);
    }
}
