-- A claim inserts from the job's row, which it has locked: the foreign key looked the same row up, and locked it, once more for
-- each cell. docs/decisions/0007-no-foreign-key-on-executions.md says why it goes, and what stands in its place.

-- Claims lock both tables one after the other, and a backup holds them for hours. What can't be had within this time is let go
-- and asked for again a second later, so that no claim waits behind it for long, or is chosen to end a deadlock (after 1 s).
SET LOCAL lock_timeout = '200ms';
DO $$
BEGIN
  LOOP
    BEGIN
      LOCK TABLE jobs, executions IN ACCESS EXCLUSIVE MODE;
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(1);
    END;
  END LOOP;
END
$$;

ALTER TABLE executions DROP CONSTRAINT executions_job_id_fkey;

-- Cells go with their jobs, whichever statement deletes those: a replica of the version before, or a DELETE by hand. Its own
-- statement sees what was committed while the DELETE waited for a job's row, as a claim's cells. The table is named with its
-- schema, since the client may have another search_path. = ANY is answered from the primary key, for one job and for thousands.
CREATE FUNCTION delete_executions_of_deleted_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DELETE FROM %I.executions WHERE job_id = ANY (ARRAY(SELECT id FROM deleted))', TG_TABLE_SCHEMA);
  RETURN NULL;
END
$$;

CREATE TRIGGER jobs_delete_executions AFTER DELETE ON jobs
  REFERENCING OLD TABLE AS deleted
  FOR EACH STATEMENT EXECUTE FUNCTION delete_executions_of_deleted_jobs();
