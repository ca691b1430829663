-- A signed JobSpec is good for one job: its nonce is stored in the job's own row, so that both are there or neither is, and one
-- INSERT passes over a job whose nonce is taken as it does over one whose id is. The row that retention leaves of a deleted job
-- keeps both columns. A replica of before writes and reads neither. The key is part of it because a nonce is its signer's own:
-- see domain.Nonce.
ALTER TABLE jobs
  ADD COLUMN signing_key text COLLATE "C",
  ADD COLUMN nonce text COLLATE "C",
  ADD CONSTRAINT jobs_nonce_check CHECK ((signing_key IS NULL) = (nonce IS NULL)) NOT VALID;

-- Jobs that are not signed have no entry. No row of before has a nonce, so the index is built empty.
CREATE UNIQUE INDEX jobs_nonce_key ON jobs (signing_key, nonce) WHERE nonce IS NOT NULL;
