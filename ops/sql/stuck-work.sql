-- Which unfinished jobs have had no cell begin or end for 15 minutes?
-- Healthy: 0 rows. 'queued' ones: a backlog that the runners do not keep up with, no runner with its worker enabled, or
-- Redis is away. 'running' ones: a call longer than 15 minutes, or an orphan that the sweeper should have put back in
-- the queue by now.
SELECT j.jobspec_id,
       j.status,
       j.priority,
       j.queued_at,
       j.started_at,
       j.cells,
       count(e.id)                                             AS cells_claimed,
       count(e.id) FILTER (WHERE e.status = 'running')         AS cells_running,
       array_agg(DISTINCT e.runner) FILTER (WHERE e.status = 'running') AS runners,
       greatest(j.queued_at, j.started_at, max(e.started_at), max(e.completed_at)) AS last_sign_of_life
  FROM jobs j
  LEFT JOIN executions e ON e.job_id = j.id
 WHERE j.status IN ('queued', 'running')
 GROUP BY j.id
HAVING greatest(j.queued_at, j.started_at, max(e.started_at), max(e.completed_at)) < now() - interval '15 minutes'
 ORDER BY last_sign_of_life
 LIMIT 100
