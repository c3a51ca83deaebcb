SELECT coalesce(CAST($event AS VARCHAR), 'NULL') AS _rs_event, count(*) AS _rs_n
FROM $source
GROUP BY _rs_event
ORDER BY _rs_n DESC, _rs_event
