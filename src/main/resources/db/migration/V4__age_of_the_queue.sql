-- How long the oldest job has waited is read at each scrape, from the index alone.
DROP INDEX jobs_queue;
CREATE INDEX jobs_queue ON jobs (priority DESC, id) INCLUDE (cells, queued_at) WHERE status = 'queued';
