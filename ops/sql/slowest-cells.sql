-- Which completed cells of the last 24 hours took longest, from the start of their last attempt to its end?
-- Healthy: durations like those of their model and region elsewhere, and attempt 1. A slow one with several attempts
-- spent its time on retries and back-off; see its attempts in GET /api/v1/jobs/{id}/executions.
SELECT j.jobspec_id,
       e.region,
       e.model_id,
       e.attempt,
       e.started_at,
       round(extract(epoch FROM e.completed_at - e.started_at), 3)  AS seconds,
       round(extract(epoch FROM e.completed_at - e.created_at), 3)  AS seconds_since_first_claim
  FROM executions e
  JOIN jobs j ON j.id = e.job_id
 WHERE e.status = 'completed'
   AND e.completed_at > now() - interval '24 hours'
 ORDER BY e.completed_at - e.started_at DESC, e.job_id, e.id
 LIMIT 50
