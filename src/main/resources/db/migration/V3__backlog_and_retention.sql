-- The bound on queued cells sums them up from this index alone. On a large table CREATE INDEX holds up writers while it
-- runs; this version has no users whose tables are large yet.
DROP INDEX jobs_queue;
CREATE INDEX jobs_queue ON jobs (priority DESC, id) INCLUDE (cells) WHERE status = 'queued';

-- Retention deletes the oldest first.
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
