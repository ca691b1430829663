// graphile-worker with the settings of its page on performance: jobs are fetched 500 at a time, and ends are written together.
// It deletes a job when it has ended.
import { Logger, run, runMigrations } from "graphile-worker";
import pg from "pg";
import { execute, serve } from "./peer.mjs";

const pool = new pg.Pool({ connectionString: process.argv[2], max: 25 });
pool.on("error", console.error);
pool.on("connect", (client) => client.on("error", console.error));
const preset = {
  worker: {
    concurrentJobs: 24,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    pollInterval: 100,
  },
};
const options = {
  pgPool: pool,
  preset,
  noHandleSignals: true,
  taskList: { cell: async () => execute() },
  logger: new Logger(() => (level, message) => level === "error" && console.error(message)),
};
await runMigrations(options);
let runner;

await serve({
  async fill(n) {
    await pool.query(
      `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
         SELECT json_populate_record(NULL::graphile_worker.job_spec, '{"identifier": "cell", "payload": {}}')
         FROM generate_series(1, $1::int)))`,
      [n],
    );
    await pool.query("VACUUM ANALYZE");
  },
  async start() {
    runner = await run(options);
  },
  async leftOver() {
    const { rows } = await pool.query("SELECT EXISTS (SELECT 1 FROM graphile_worker.jobs) AS some");
    return rows[0].some;
  },
  async rest() {
    await runner.stop();
    await pool.query("VACUUM");
  },
});
