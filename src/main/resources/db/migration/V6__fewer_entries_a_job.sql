-- A job's row is written anew when it starts and when it ends, and its status is in indexes, so each index it is in gets a new
-- entry each time. Running jobs are found in the index by status. Jobs without a key need no entry among the keys.
DROP INDEX jobs_running;
ALTER TABLE jobs DROP CONSTRAINT jobs_idempotency_key_key;
CREATE UNIQUE INDEX jobs_idempotency_key_key ON jobs (idempotency_key) WHERE idempotency_key IS NOT NULL;
