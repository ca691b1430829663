-- How many bytes the texts of a job have: the document as it came, and its normal form. They bound what waits in the queue, and what
-- a runner takes into memory. Null in jobs from before, and in those that a replica from before stores: a runner measures them
-- when it comes to them, and they do not count against the bound on the queue. Filling them in would hold the rows of running jobs.
ALTER TABLE jobs ADD COLUMN text_bytes integer;

-- The bounds are summed up, and jobs that do not fit into memory now are passed over, from this index alone. On a large queue
-- CREATE INDEX holds up writers while it runs; jobs that do not wait have no entry.
DROP INDEX jobs_queue;
CREATE INDEX jobs_queue ON jobs (lane, parked, caller, priority DESC, id) INCLUDE (cells, queued_at, wake_at, text_bytes)
  WHERE status = 'queued';
