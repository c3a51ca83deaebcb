SELECT coalesce(CAST($event AS VARCHAR), 'NULL') AS event, count(*) AS n FROM $source GROUP BY event ORDER BY n DESC, event
