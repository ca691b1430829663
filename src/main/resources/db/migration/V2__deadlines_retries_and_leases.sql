-- How long a job's execution may take, from its start. Jobs from before are given what they asked for, or the default.
ALTER TABLE jobs ADD COLUMN timeout_ms bigint NOT NULL DEFAULT 600000
  CONSTRAINT jobs_timeout_check CHECK (timeout_ms > 0);
UPDATE jobs SET timeout_ms = rtrim(content #>> '{constraints,timeout}', 'ms')::bigint
WHERE content #>> '{constraints,timeout}' IS NOT NULL;

-- While a cell waits for its next automatic attempt it is still running, but its latest attempt has ended. Whoever takes
-- the job over then can tell an attempt that definitely failed from one whose end nobody saw.
ALTER TABLE executions ADD COLUMN attempt_ended_at timestamptz;
ALTER TABLE executions ADD CONSTRAINT executions_waiting_check
  CHECK ((attempt_ended_at IS NOT NULL) = (status = 'running' AND outcome <> 'running'));

-- Until when a runner that cannot reach Redis may rely on its job being its own. Set only then: it keeps the sweepers of
-- runners that do reach Redis, and find no lock there, away.
ALTER TABLE jobs ADD COLUMN leased_until timestamptz;
