package io.projectbeacon.runner.job;

/**
 * SQL of the looks at the queue. Its cost does not grow with the jobs that cannot be started now.
 *
 * <p>The queue has a lane for each set of regions that its jobs have cells left in, in two halves: those that are parked, and
 * those that have not been. A look goes from lane to lane by the index, and reads the first jobs of those lanes only in which
 * a job can be started: a hundred thousand jobs of a region that is full, or takes no calls, cost it nothing.
 *
 * <p>A job that is put aside for waits of its own is in the empty lane, in which no look for jobs to start reads; it is found
 * by the time at which it is to be looked at.
 */
final class QueueLook {

    private QueueLook() {}

    /**
     * The first jobs of the lanes: higher priority first, then oldest first. {@code which} says in which lanes, and {@code jobs}
     * which of their jobs.
     *
     * <p>The found jobs are read one by one (OFFSET 0): without the limit known, a kept plan joined them with the whole table,
     * which took 30 ms with 100,000 jobs.
     */
    static String first(String which, String jobs) {
        return """
                WITH RECURSIVE lanes AS (
                  (SELECT lane, parked FROM jobs WHERE status = 'queued' ORDER BY lane, parked LIMIT 1)
                  UNION ALL
                  SELECT further.lane, further.parked
                  FROM lanes CROSS JOIN LATERAL (
                    SELECT jobs.lane, jobs.parked FROM jobs
                    WHERE status = 'queued' AND (jobs.lane, jobs.parked) > (lanes.lane, lanes.parked)
                    ORDER BY jobs.lane, jobs.parked LIMIT 1
                  ) further
                )
                SELECT %s
                FROM (
                  SELECT front.id
                  FROM lanes CROSS JOIN LATERAL (
                    SELECT id, priority FROM jobs
                    WHERE status = 'queued' AND lane = lanes.lane AND parked = lanes.parked%s
                    ORDER BY priority DESC, id LIMIT :limit
                  ) front
                  WHERE lanes.lane <> '{}' AND %s
                  ORDER BY priority DESC, front.id LIMIT :limit
                ) front
                CROSS JOIN LATERAL (SELECT * FROM jobs WHERE jobs.id = front.id OFFSET 0) jobs
                ORDER BY jobs.priority DESC, jobs.id
                """.formatted(COLUMNS, jobs, which);
    }

    /* The prompt of one cell may have a megabyte, and a runner keeps in memory what its jobs ask. */
    private static final String COLUMNS = """
            jobs.id, fence, jobs.priority, cells, lane, cardinality(models) AS models,
              greatest(cells, length(content::text) / 1000) AS weight,
              coalesce(text_bytes, octet_length(spec::text) + octet_length(content::text)) AS text_bytes
            """;

    /**
     * Jobs that can be started: none of their regions is full, not all are closed, and there is memory for their texts. Those that
     * are too large are read over in the index; the bound on the bytes that may wait bounds how many they are. A job from before
     * there were measures is measured when it is found.
     */
    static final String STARTABLE = first(
            "NOT lanes.lane && :full::text[] AND NOT lanes.lane <@ :closed::text[]",
            " AND coalesce(text_bytes, 0) BETWEEN :least AND :most");

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
            SELECT %s
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
