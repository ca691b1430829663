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

    /** The first jobs of the lanes: higher priority first, then oldest first. {@code which} says in which lanes. */
    static String first(String which) {
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
                    WHERE status = 'queued' AND lane = lanes.lane AND parked = lanes.parked
                    ORDER BY priority DESC, id LIMIT :limit
                  ) front
                  WHERE lanes.lane <> '{}' AND %s
                  ORDER BY priority DESC, front.id LIMIT :limit
                ) front
                JOIN jobs USING (id)
                ORDER BY priority DESC, id
                """.formatted(COLUMNS, which);
    }

    /* The prompt of one cell may have a megabyte, and a runner keeps in memory what its jobs ask. */
    private static final String COLUMNS = """
            id, fence, priority, cells, lane, cardinality(models) AS models,
              greatest(cells, length(content::text) / 1000) AS weight
            """;

    /** Jobs that can be started: none of their regions is full, and not all are closed. */
    static final String STARTABLE = first("NOT lanes.lane && :full::text[] AND NOT lanes.lane <@ :closed::text[]");

    /** Jobs that have not been parked, and whose regions are all closed. */
    static final String TO_PARK = first("NOT lanes.parked AND lanes.lane <@ :closed::text[]");

    /** Parked jobs of a closed region. */
    static final String FOR_TRIAL =
            first("lanes.parked AND lanes.lane && :region::text[] AND lanes.lane <@ :closed::text[]");

    /** Parked jobs whose own time has come; without a place on the runner, only those whose deadline has passed. */
    static final String DUE = """
            SELECT %s
            FROM jobs WHERE status = 'queued' AND wake_at <= clock_timestamp() AND (:withPlace OR NOT aside)
            ORDER BY wake_at LIMIT :limit
            """.formatted(COLUMNS);
}
