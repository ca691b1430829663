-- Of the duplicates met in the last 24 hours, how many were stopped before inference?
-- Healthy: allowed = 0 and percent_stopped = 100, or NULL where no duplicate was met. Always one row.
-- The ledger keeps one row for a cell, layer and outcome: one that was met before and again in these hours counts whole.
SELECT coalesce(sum(occurrences) FILTER (WHERE outcome = 'detected'), 0)                 AS detected,
       coalesce(sum(occurrences) FILTER (WHERE outcome = 'allowed'), 0)                  AS allowed,
       round(100.0 * coalesce(sum(occurrences) FILTER (WHERE outcome = 'detected'), 0)
             / sum(occurrences), 3)                                                      AS percent_stopped
  FROM execution_duplicates
 WHERE last_seen_at > now() - interval '24 hours'
