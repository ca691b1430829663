-- A provider that honours idempotency keys answers a key that it has seen with the answer of then. Ids of jobs come again: after
-- retention, in a wiped directory, in another installation on the same account. So each job's row draws a random number, of which
-- its keys have a digest. Jobs from before have none: a provider may remember their keys, which therefore do not change.
ALTER TABLE jobs ADD COLUMN key_seed uuid;

-- Whether the retry that retry_fence speaks of gives up the keys of the cells that it runs.
ALTER TABLE jobs ADD COLUMN retry_new_keys boolean NOT NULL DEFAULT false;

-- How often the key of a question has been given up, by the question's index, as in {"0": 2}. A question that is not in it has
-- definite_failures, in which versions before this one counted for all questions of a cell together.
ALTER TABLE executions ADD COLUMN key_numbers jsonb;

-- What a reader of a completed cell's answers should know of, such as {length}; null when there is nothing.
ALTER TABLE executions ADD COLUMN flags text[];

-- Whether a failed call was paid for, and what text came with the failure.
ALTER TABLE executions ADD COLUMN error_paid boolean;
ALTER TABLE executions ADD COLUMN error_answer json;

-- An attempt of unknown outcome now says which question it was at and under which number of its key: "is that call still
-- running?" is asked of one key. Those from before are taken for attempts at the question that is asked next.
UPDATE executions e SET past_attempts = (
  SELECT jsonb_agg(
    CASE WHEN attempt ->> 'outcome' = 'unknown'
      THEN attempt || jsonb_build_object('question', json_array_length(e.answers), 'key', e.definite_failures)
      ELSE attempt END ORDER BY n)
  FROM jsonb_array_elements(e.past_attempts) WITH ORDINALITY AS past (attempt, n))
WHERE past_attempts <> '[]' AND status <> 'completed';
