-- Which cells (job, region, model) of the last seven days have more than one execution row?
-- Healthy: 0 rows, always. A row means that the unique key executions_cell_key is missing: see docs/runbook.md.
SELECT j.jobspec_id,
       e.region,
       e.model_id,
       count(*)                             AS rows_of_the_cell,
       min(e.created_at)                    AS first_created_at,
       max(e.created_at)                    AS last_created_at,
       array_agg(e.status ORDER BY e.id)    AS statuses
  FROM executions e
  JOIN jobs j ON j.id = e.job_id
 WHERE e.created_at > now() - interval '7 days'
 GROUP BY j.jobspec_id, e.job_id, e.region, e.model_id
HAVING count(*) > 1
 ORDER BY rows_of_the_cell DESC, last_created_at DESC
