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
