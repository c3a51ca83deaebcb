-- Each figure is a number within its interval, and of a build that is recorded.
SELECT count(*) AS faults, min(e.metric) AS example
FROM $evaluations AS e
LEFT JOIN $builds AS b USING (build_id)
WHERE b.build_id IS NULL OR NOT isfinite(e.value) OR NOT coalesce(e.value BETWEEN e.low - 1e-9 AND e.high + 1e-9, true)
