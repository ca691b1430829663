-- The migrations V1 to V8, as they were when the yardstick was made: it moves with nothing. See Floor.

-- V1__jobs_executions_duplicates.sql
-- One row a job, a cell, and a stopped duplicate. Every table's key begins with the job, so that the tables can be
-- distributed by job; only the two keys that make a submission idempotent stand across jobs.

CREATE TABLE jobs (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  jobspec_id       text        NOT NULL CONSTRAINT jobs_jobspec_id_key UNIQUE,
  idempotency_key  text        CONSTRAINT jobs_idempotency_key_key UNIQUE,
  status           text        NOT NULL DEFAULT 'queued'
                   CONSTRAINT jobs_status_check
                   CHECK (status IN ('queued', 'running', 'completed', 'partial', 'failed', 'cancelled')),
  -- The number of the run that owns the job, or owned it last. It only grows.
  fence            bigint      NOT NULL DEFAULT 0,
  -- How the present (or, while queued, the next) run came to be.
  run_cause        text        NOT NULL DEFAULT 'submission'
                   CONSTRAINT jobs_run_cause_check CHECK (run_cause IN ('submission', 'retry', 'redelivery')),
  -- A retry covers what had ended by this fence, and nothing later.
  retry_fence      bigint      NOT NULL DEFAULT -1,
  retry_unknown    boolean     NOT NULL DEFAULT false,
  on_unknown       text        NOT NULL
                   CONSTRAINT jobs_on_unknown_check CHECK (on_unknown IN ('rerun', 'hold')),
  priority         smallint    NOT NULL,
  cells            integer     NOT NULL CONSTRAINT jobs_cells_check CHECK (cells > 0),
  min_success_rate numeric,
  models           text[]      NOT NULL,
  regions          text[]      NOT NULL,
  -- The document as it came, and in the normal form that a run reads its work from. json, not jsonb: the client's own
  -- spelling of numbers and order of keys come back.
  spec             json        NOT NULL,
  content          json        NOT NULL,
  warnings         json        NOT NULL,
  created_at       timestamptz NOT NULL,
  queued_at        timestamptz NOT NULL,
  started_at       timestamptz,
  finished_at      timestamptz,
  CONSTRAINT jobs_times_check
    CHECK (queued_at >= created_at AND started_at >= queued_at AND finished_at >= coalesce(started_at, queued_at)),
  CONSTRAINT jobs_finished_check CHECK ((finished_at IS NULL) = (status IN ('queued', 'running')))
);

-- The queue: oldest first within a priority. A job keeps its place by its id, so a retry is not sent to the back.
CREATE INDEX jobs_queue ON jobs (priority DESC, id) WHERE status = 'queued';
CREATE INDEX jobs_running ON jobs (id) WHERE status = 'running';
CREATE INDEX jobs_by_status ON jobs (status, id);

CREATE TABLE executions (
  id                bigint GENERATED ALWAYS AS IDENTITY,
  job_id            bigint      NOT NULL CONSTRAINT executions_job_id_fkey REFERENCES jobs (id) ON DELETE CASCADE,
  region            text        NOT NULL,
  model_id          text        NOT NULL,
  status            text        NOT NULL
                    CONSTRAINT executions_status_check
                    CHECK (status IN ('running', 'completed', 'failed', 'cancelled', 'unknown')),
  -- The latest attempt: its number, how it ended, and the run, claim and runner it belongs to.
  attempt           integer     NOT NULL,
  outcome           text        NOT NULL
                    CONSTRAINT executions_outcome_check
                    CHECK (outcome IN ('running', 'completed', 'failed', 'cancelled', 'unknown')),
  fence             bigint      NOT NULL,
  claim_id          uuid        NOT NULL,
  runner            text        NOT NULL,
  -- Attempts before the latest, oldest first. They cost no row and no write of their own.
  past_attempts     jsonb       NOT NULL DEFAULT '[]',
  -- Calls of this cell that ended in a definite failure: part of the provider's idempotency key.
  definite_failures integer     NOT NULL DEFAULT 0,
  -- json, not jsonb: a model may answer with U+0000.
  answers           json        NOT NULL DEFAULT '[]',
  error_code        text,
  error_message     text,
  error_http_status integer,
  error_retryable   boolean,
  error_provider    text,
  created_at        timestamptz NOT NULL,
  started_at        timestamptz NOT NULL,
  completed_at      timestamptz,
  PRIMARY KEY (job_id, id),
  -- The one thing that makes a cell run once.
  CONSTRAINT executions_cell_key UNIQUE (job_id, region, model_id),
  CONSTRAINT executions_times_check CHECK (started_at >= created_at AND completed_at >= started_at),
  CONSTRAINT executions_ended_check CHECK ((completed_at IS NULL) = (status = 'running')),
  CONSTRAINT executions_error_check
    CHECK (status <> 'failed' OR (error_code IS NOT NULL AND error_message IS NOT NULL AND error_provider IS NOT NULL))
);

CREATE TABLE execution_duplicates (
  id                    bigint GENERATED ALWAYS AS IDENTITY,
  job_id                bigint      NOT NULL
                        CONSTRAINT execution_duplicates_job_id_fkey REFERENCES jobs (id) ON DELETE CASCADE,
  region                text        NOT NULL,
  model_id              text        NOT NULL,
  layer                 text        NOT NULL
                        CONSTRAINT execution_duplicates_layer_check
                        CHECK (layer IN ('input', 'claim', 'retry', 'redelivery', 'completion', 'audit')),
  outcome               text        NOT NULL
                        CONSTRAINT execution_duplicates_outcome_check CHECK (outcome IN ('detected', 'allowed')),
  existing_execution_id bigint,
  existing_status       text,
  existing_count        integer     NOT NULL,
  occurrences           bigint      NOT NULL CONSTRAINT execution_duplicates_occurrences_check CHECK (occurrences > 0),
  runner                text        NOT NULL,
  -- What was counted last, so that an entry that is sent again because its answer was lost counts once.
  last_event_id         uuid        NOT NULL,
  created_at            timestamptz NOT NULL,
  last_seen_at          timestamptz NOT NULL,
  PRIMARY KEY (job_id, id),
  -- A storm of duplicates raises a number; it does not fill the disk.
  CONSTRAINT execution_duplicates_cell_key UNIQUE (job_id, region, model_id, layer, outcome),
  CONSTRAINT execution_duplicates_times_check CHECK (last_seen_at >= created_at)
);

CREATE INDEX execution_duplicates_newest ON execution_duplicates (id);

-- V2__deadlines_retries_and_leases.sql
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

-- V3__backlog_and_retention.sql
-- The bound on queued cells sums them up from this index alone. On a large table CREATE INDEX holds up writers while it
-- runs; this version has no users whose tables are large yet.
DROP INDEX jobs_queue;
CREATE INDEX jobs_queue ON jobs (priority DESC, id) INCLUDE (cells) WHERE status = 'queued';

-- Retention deletes the oldest first.
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- The audit looks at these few entries of the ledger again and again.
CREATE INDEX execution_duplicates_late ON execution_duplicates (job_id, region, model_id)
  WHERE layer = 'completion' AND outcome = 'allowed';

-- V4__age_of_the_queue.sql
-- How long the oldest job has waited is read at each scrape, from the index alone.
DROP INDEX jobs_queue;
CREATE INDEX jobs_queue ON jobs (priority DESC, id) INCLUDE (cells, queued_at) WHERE status = 'queued';

-- V5__room_for_updates.sql
-- Each row is written again when its call has ended, and is longer then. Where its page has room for that, no index has to
-- be told of it. Measured (docs/benchmark.md): the server's time for a cell of 48-cell jobs fell from 57 to 45 microseconds.
ALTER TABLE executions SET (fillfactor = 50);

-- V6__fewer_entries_a_job.sql
-- A job's row is written anew when it starts and when it ends, and its status is in indexes, so each index it is in gets a new
-- entry each time. Running jobs are found in the index by status. Jobs without a key need no entry among the keys.
DROP INDEX jobs_running;
ALTER TABLE jobs DROP CONSTRAINT jobs_idempotency_key_key;
CREATE UNIQUE INDEX jobs_idempotency_key_key ON jobs (idempotency_key) WHERE idempotency_key IS NOT NULL;

-- V7__room_for_ends.sql
-- An answer makes its row about twice as long, and the room for it must be on the page before the first of a page's cells is
-- claimed: the claims' rows still take theirs while the ends are written. At 50 half of the ends went to another page, with new
-- entries in two indexes each; at 30 none of those with short answers does. Measured (docs/benchmark.md): the server's time for
-- an end fell from 8.6 to 5.3 microseconds, and tables and indexes take less.
ALTER TABLE executions SET (fillfactor = 30);

-- V8__keys_compare_bytes.sql
-- Text in a database is ordered by the operating system's rules for its language, unless said otherwise, and those change with
-- the system: an update of the C library under a running database leaves the entries of its indexes in an order that lookups
-- no longer follow. A unique key then misses what it holds, and a cell would run twice. Keys are compared byte by byte here, on
-- every system and after every update. Indexes are built anew; tables are not written.
ALTER TABLE jobs
  ALTER COLUMN jobspec_id TYPE text COLLATE "C",
  ALTER COLUMN idempotency_key TYPE text COLLATE "C",
  ALTER COLUMN status TYPE text COLLATE "C";
ALTER TABLE executions
  ALTER COLUMN region TYPE text COLLATE "C",
  ALTER COLUMN model_id TYPE text COLLATE "C";
ALTER TABLE execution_duplicates
  ALTER COLUMN region TYPE text COLLATE "C",
  ALTER COLUMN model_id TYPE text COLLATE "C",
  ALTER COLUMN layer TYPE text COLLATE "C",
  ALTER COLUMN outcome TYPE text COLLATE "C";
