-- Jobs belong to callers. Those from before, and those that replicas of the version before store while they run on, belong to
-- 'default'. An id is unique among the jobs of its caller: jobspec_id holds '{caller}/{id}' for all others, and no id holds a
-- slash. So the unique key of before stands, and means the same to replicas of before.
ALTER TABLE jobs
  ADD COLUMN caller text COLLATE "C" NOT NULL DEFAULT 'default',
  -- Whether idempotency_key is that of an item of a batch, 'bk/1', or a client's own, which may look the same; null: stored by
  -- an earlier version, which did not tell them apart.
  ADD COLUMN key_of_batch boolean;

-- A key is unique among those of its kind. One from before is of both kinds: a job that was paid for under it is found by both.
-- The first index has all keys, since earlier versions look them up without their kind.
DROP INDEX jobs_idempotency_key_key;
CREATE UNIQUE INDEX jobs_idempotency_key_key ON jobs (idempotency_key, (key_of_batch IS TRUE))
  WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX jobs_idempotency_key_of_batch_key ON jobs (idempotency_key)
  WHERE idempotency_key IS NOT NULL AND key_of_batch IS NOT FALSE;

-- Within a lane a caller's jobs lie together. The looks of earlier versions go from lane to lane in this index as they did, and
-- read a lane's jobs to the end.
DROP INDEX jobs_queue;
CREATE INDEX jobs_queue ON jobs (lane, parked, caller, priority DESC, id) INCLUDE (cells, queued_at, wake_at)
  WHERE status = 'queued';

-- One caller's jobs, and the jobs of one plain id. While there is but one caller, they have no entries.
CREATE INDEX jobs_of_callers ON jobs (caller, status, id) WHERE caller <> 'default' AND status IS NOT NULL;
CREATE INDEX jobs_plain_id ON jobs (split_part(jobspec_id, '/', 2)) WHERE caller <> 'default' AND status IS NOT NULL;
