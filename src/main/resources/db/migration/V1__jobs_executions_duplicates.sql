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
