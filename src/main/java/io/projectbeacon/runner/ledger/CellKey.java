package io.projectbeacon.runner.ledger;

/** The unique key of {@code executions} on job, region and model: the one thing that makes a cell run once. */
public final class CellKey {

    /**
     * SQL for whether the key stands, under any name: the index that ON CONFLICT takes for it. CREATE UNIQUE INDEX
     * CONCURRENTLY leaves an invalid one when it fails, and a deferred one is looked at only after the call was let through.
     */
    public static final String STANDS = """
            EXISTS (
              SELECT 1 FROM pg_index i
              WHERE i.indrelid = 'executions'::regclass
                AND i.indisunique AND i.indisvalid AND i.indisready AND i.indimmediate
                AND i.indpred IS NULL AND i.indexprs IS NULL
                AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text)
                     FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS key (number, place)
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = key.number
                     WHERE place <= i.indnkeyatts)
                  = ARRAY['job_id', 'model_id', 'region'])""";

    private CellKey() {}
}
