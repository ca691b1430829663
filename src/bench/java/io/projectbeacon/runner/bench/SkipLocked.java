package io.projectbeacon.runner.bench;

import java.time.Duration;

/** The loop that many write by hand: take one row with SKIP LOCKED, commit, execute, write its end, commit. */
final class SkipLocked implements Contender {

    private static final int THREADS = 16;

    private static final String TABLE = """
            CREATE TABLE cells (
              id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
              status text NOT NULL DEFAULT 'queued',
              answer json,
              started_at timestamptz,
              completed_at timestamptz
            );
            CREATE INDEX cells_queue ON cells (id) WHERE status = 'queued';
            """;

    private static final String TAKE = """
            UPDATE cells SET status = 'running', started_at = clock_timestamp()
            WHERE id = (SELECT id FROM cells WHERE status = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id
            """;

    private static final String END = """
            UPDATE cells SET status = 'completed', answer = :answer::json, completed_at = clock_timestamp()
            WHERE id = :id AND status = 'running'
            """;

    private final Peer peer = new Peer(THREADS);

    SkipLocked() {
        peer.jdbc().sql(TABLE).update();
    }

    @Override
    public String name() {
        return "SKIP LOCKED loop, one row at a time, " + THREADS + " threads";
    }

    @Override
    public int fill(int executions) {
        peer.jdbc()
                .sql("INSERT INTO cells SELECT FROM generate_series(1, :n)")
                .param("n", executions)
                .update();
        peer.ready(executions);
        return executions;
    }

    @Override
    public Duration drain() throws Exception {
        Parallel.run(THREADS, thread -> loop());
        return peer.ended("SELECT 1 FROM cells WHERE status <> 'completed'");
    }

    @Override
    public void rest() {
        peer.rest();
    }

    private void loop() {
        while (true) {
            var taken = peer.jdbc().sql(TAKE).query(Long.class).optional();
            if (taken.isEmpty()) {
                return;
            }
            peer.execute();
            peer.jdbc()
                    .sql(END)
                    .param("answer", Prepared.ANSWER)
                    .param("id", taken.get())
                    .update();
        }
    }

    @Override
    public void close() {
        peer.close();
    }
}
