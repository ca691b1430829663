-- A job that retention deletes leaves its row, emptied: its id and its key stay in the unique indexes throughout, so that no
-- submission of them runs a second time. All else is null. A null status is equal to none, so each statement that asks for jobs
-- by status passes such rows by. Both constraints hold for all rows from before, which are therefore not read through.
ALTER TABLE jobs
  ADD COLUMN deleted_at timestamptz,
  -- When a person has erased what the job asked and was answered, and by what the same JobSpec is known then.
  ADD COLUMN content_erased_at timestamptz,
  ADD COLUMN content_digest bytea,
  ALTER COLUMN status DROP NOT NULL,
  ALTER COLUMN fence DROP NOT NULL,
  ALTER COLUMN run_cause DROP NOT NULL,
  ALTER COLUMN retry_fence DROP NOT NULL,
  ALTER COLUMN retry_unknown DROP NOT NULL,
  ALTER COLUMN retry_new_keys DROP NOT NULL,
  ALTER COLUMN on_unknown DROP NOT NULL,
  ALTER COLUMN priority DROP NOT NULL,
  ALTER COLUMN cells DROP NOT NULL,
  ALTER COLUMN timeout_ms DROP NOT NULL,
  ALTER COLUMN models DROP NOT NULL,
  ALTER COLUMN regions DROP NOT NULL,
  ALTER COLUMN spec DROP NOT NULL,
  ALTER COLUMN content DROP NOT NULL,
  ALTER COLUMN warnings DROP NOT NULL,
  ALTER COLUMN created_at DROP NOT NULL,
  ALTER COLUMN queued_at DROP NOT NULL,
  ALTER COLUMN aside DROP NOT NULL,
  ALTER COLUMN completed_met DROP NOT NULL,
  ADD CONSTRAINT jobs_deleted_check CHECK (CASE WHEN deleted_at IS NULL
    THEN num_nulls(status, fence, run_cause, retry_fence, retry_unknown, retry_new_keys, on_unknown, priority, cells,
      timeout_ms, models, regions, warnings, created_at, queued_at) = 0
    ELSE num_nonnulls(status, fence, run_cause, retry_fence, retry_unknown, retry_new_keys, on_unknown, priority, cells,
      timeout_ms, models, regions, warnings, created_at, queued_at, started_at, finished_at, spec, content, content_digest,
      content_erased_at, min_success_rate, key_seed, leased_until, parked_regions, wake_at, aside, completed_met) = 0 END) NOT VALID,
  ADD CONSTRAINT jobs_content_check CHECK (deleted_at IS NOT NULL OR CASE WHEN content_erased_at IS NULL
    THEN spec IS NOT NULL AND content IS NOT NULL AND content_digest IS NULL
    ELSE spec IS NULL AND content IS NULL AND content_digest IS NOT NULL AND finished_at IS NOT NULL END) NOT VALID;

-- On a large table CREATE INDEX holds up writers while it runs. Emptied rows have no entry here, however many there are.
DROP INDEX jobs_by_status;
CREATE INDEX jobs_by_status ON jobs (status, id) WHERE status IS NOT NULL;
-- After beacon.retention.ids the ids are free again, oldest first. Jobs that are there have no entry.
CREATE INDEX jobs_deleted ON jobs (deleted_at) WHERE deleted_at IS NOT NULL;

-- ANALYZE keeps samples of a column's values, which would outlive the erasing of the texts in it; nothing looks cells up by
-- these. Naming a column's type anew drops the samples there are, and rewrites nothing.
ALTER TABLE executions
  ALTER COLUMN error_message TYPE text,
  ALTER COLUMN error_message SET STATISTICS 0,
  ALTER COLUMN past_attempts TYPE jsonb,
  ALTER COLUMN past_attempts SET STATISTICS 0;
