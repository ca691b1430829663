-- Which jobs, and which layer of the service, met the most duplicates in the last seven days?
-- Healthy: only outcome 'detected'; layers 'input' (specs that repeat themselves), 'retry' and 'redelivery' (completed
-- cells met again, which is what they are for). 'claim' or 'completion' in numbers, or any 'allowed', is worth a look.
SELECT j.jobspec_id,
       d.layer,
       d.outcome,
       sum(d.occurrences)                   AS duplicates,
       count(DISTINCT (d.region, d.model_id)) AS cells,
       count(DISTINCT d.runner)             AS runners,
       min(d.created_at)                    AS first_seen_at,
       max(d.last_seen_at)                  AS last_seen_at
  FROM execution_duplicates d
  JOIN jobs j ON j.id = d.job_id
 WHERE d.last_seen_at > now() - interval '7 days'
 GROUP BY j.jobspec_id, d.layer, d.outcome
 ORDER BY d.outcome, duplicates DESC, j.jobspec_id
 LIMIT 50
