package io.projectbeacon.runner.job;

/**
 * SQL of the looks at the queue. Its cost does not grow with the jobs that cannot be started now.
 *
 * <p>The queue has a lane for each set of regions that its jobs have cells left in, in two halves: those that are parked, and
 * those that have not been; and in each half a part for each caller. A look goes from part to part by the index, and reads the
 * first jobs of those only in which a job can be started: a hundred thousand jobs of a region that is full, or takes no calls,
 * cost it nothing, and a hundred thousand jobs of one caller hide none of another.
 *
 * <p>What a caller has had of late is where its line begins, and each of its jobs moves the next one back by its cells. The
 * lines of all callers are merged by that: the one that has had least goes first.
 *
 * <p>A job that is put aside for waits of its own is in the empty lane, in which no look for jobs to start reads; it is found
 * by the time at which it is to be looked at.
 */
final class QueueLook {

    private QueueLook() {}

    /**
     * The first jobs of the lanes: of the caller first that has had least; of one caller higher priority first, then oldest
     * first. {@code which} says in which lanes, and {@code jobs} which of their jobs.
     *
     * <p>The found jobs are read one by one (OFFSET 0): without the limit known, a kept plan joined them with the whole table,
     * which took 30 ms with 100,000 jobs.
     */
    static String first(String which, String jobs) {
        return """
                WITH RECURSIVE lanes AS (
                  (SELECT lane, parked, caller FROM jobs WHERE status = 'queued' ORDER BY lane, parked, caller LIMIT 1)
                  UNION ALL
                  SELECT further.lane, further.parked, further.caller
                  FROM lanes CROSS JOIN LATERAL (
                    SELECT jobs.lane, jobs.parked, jobs.caller FROM jobs
                    WHERE status = 'queued' AND (jobs.lane, jobs.parked, jobs.caller) > (lanes.lane, lanes.parked, lanes.caller)
                    ORDER BY jobs.lane, jobs.parked, jobs.caller LIMIT 1
                  ) further
                )
                SELECT %s, front.turn
                FROM (
                  SELECT front.id, front.priority,
                    coalesce((:had::double precision[])[array_position(:callers::text[], lanes.caller)], 0)
                      + sum(front.cells) OVER (
                          PARTITION BY lanes.caller ORDER BY front.priority DESC, front.id ROWS UNBOUNDED PRECEDING)
                      - front.cells AS turn
                  FROM lanes CROSS JOIN LATERAL (
                    SELECT id, priority, cells FROM jobs
                    WHERE status = 'queued' AND lane = lanes.lane AND parked = lanes.parked AND caller = lanes.caller%s
                    ORDER BY priority DESC, id LIMIT :limit
                  ) front
                  WHERE lanes.lane <> '{}' AND %s
                  ORDER BY turn, front.priority DESC, front.id LIMIT :limit
                ) front
                CROSS JOIN LATERAL (SELECT * FROM jobs WHERE jobs.id = front.id OFFSET 0) jobs
                ORDER BY front.turn, jobs.priority DESC, jobs.id
                """.formatted(COLUMNS, jobs, which);
    }

    /* The prompt of one cell may have a megabyte, and a runner keeps in memory what its jobs ask. */
    private static final String COLUMNS = """
            jobs.id, fence, caller, jobs.priority, cells, lane, cardinality(models) AS models,
              greatest(cells, length(content::text) / 1000) AS weight,
              coalesce(text_bytes, octet_length(spec::text) + octet_length(content::text)) AS text_bytes
            """;

    /**
     * Jobs that can be started: none of their regions is full for their callers, not all are closed, and there is memory for their
     * texts. Those that are too large are read over in the index; the bound on the bytes that may wait bounds how many they are. A
     * job from before there were measures is measured when it is found.
     *
     * <p>The two ends of the range are of different expressions: of a range PostgreSQL expects one row in two hundred, so it
     * believes that it reads all lanes to their ends, and compiles the statement (jit) for 60 ms each time.
     */
    static final String STARTABLE =
            first("""
            NOT lanes.caller = ANY (:sated::text[]) AND NOT lanes.lane <@ :closed::text[]
                    AND NOT ARRAY(SELECT lanes.caller || '/' || region FROM unnest(lanes.lane) AS region) && :full::text[]""", " AND coalesce(text_bytes, 0) >= :least AND coalesce(text_bytes + 0, 0) <= :most");

    /** Jobs that have not been parked, and whose regions are all closed. */
    static final String TO_PARK = first("NOT lanes.parked AND lanes.lane <@ :closed::text[]", "");

    /** Parked jobs of a closed region. */
    static final String FOR_TRIAL =
            first("lanes.parked AND lanes.lane && :region::text[] AND lanes.lane <@ :closed::text[]", "");

    /**
     * Parked jobs whose own time has come; without a place on the runner, only those whose deadline has passed. The time is
     * now(), since an index is not read up to a time that may change while it is read.
     */
    static final String DUE = """
            SELECT %s, 0 AS turn
            FROM (
              (SELECT id, wake_at FROM jobs
               WHERE status = 'queued' AND NOT aside AND wake_at <= now() ORDER BY wake_at LIMIT :limit)
              UNION ALL
              (SELECT id, wake_at FROM jobs
               WHERE status = 'queued' AND aside AND wake_at <= now() AND :withPlace ORDER BY wake_at LIMIT :limit)
              ORDER BY wake_at LIMIT :limit
            ) due
            CROSS JOIN LATERAL (SELECT * FROM jobs WHERE jobs.id = due.id OFFSET 0) jobs
            ORDER BY due.wake_at
            """.formatted(COLUMNS);
}
