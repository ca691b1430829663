-- A job whose cells left all wait for long is parked: it gives its place on a runner back, and is queued until its regions take
-- calls again, or its own time has come. wake_at is the time at which it is looked at in any case: its deadline, or, when it is
-- put aside for waits of its own, the end of those.
ALTER TABLE jobs
  ADD COLUMN parked_regions text[] COLLATE "C",
  ADD COLUMN wake_at timestamptz,
  ADD COLUMN aside boolean NOT NULL DEFAULT false,
  -- Whether a run of the present cause has come to the cells that are completed: each is to be counted once.
  ADD COLUMN completed_met boolean NOT NULL DEFAULT false,
  ALTER COLUMN regions TYPE text[] COLLATE "C",
  ADD CONSTRAINT jobs_parked_check CHECK (wake_at IS NULL OR status = 'queued');

-- The queue has a lane for each set of regions, so that a look passes over all jobs of regions that take no calls, or have no
-- place left, at once. The table is written anew for these two columns.
ALTER TABLE jobs
  ADD COLUMN lane text[] COLLATE "C"
    GENERATED ALWAYS AS (CASE WHEN aside THEN '{}' ELSE coalesce(parked_regions, regions) END) STORED,
  ADD COLUMN parked boolean GENERATED ALWAYS AS (wake_at IS NOT NULL) STORED;
DROP INDEX jobs_queue;
CREATE INDEX jobs_queue ON jobs (lane, parked, priority DESC, id) INCLUDE (cells, queued_at, wake_at)
  WHERE status = 'queued';
-- Those put aside are left out of a look while the runner has no place for them.
CREATE INDEX jobs_wake_at ON jobs (aside, wake_at) WHERE status = 'queued' AND wake_at IS NOT NULL;

-- The regions that took no calls when a runner tried last. A row goes when a call is answered there.
CREATE TABLE closed_regions (
  region       text COLLATE "C" PRIMARY KEY,
  closed_until timestamptz NOT NULL,
  -- The runner that tries the region out now, and until when the others leave it to that one.
  trial_runner text,
  trial_until  timestamptz
);

-- What counts against the bound on a cell's attempts, over all runs since it was last asked to run.
ALTER TABLE executions
  ADD COLUMN attempts_counted integer NOT NULL DEFAULT 0,
  ADD COLUMN repeats_counted integer NOT NULL DEFAULT 0;
