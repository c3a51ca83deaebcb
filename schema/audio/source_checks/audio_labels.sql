-- Labels are numbered 0, 1, 2 and so on, and told apart by their names.
SELECT count(*) AS faults, min(example) AS example
FROM (
    SELECT concat(label_id, ' ', name) AS example FROM $audio_labels
    WHERE label_id NOT BETWEEN 0 AND (SELECT count(*) - 1 FROM $audio_labels) OR trim(name) = '' OR trim(mid) = ''
    UNION ALL
    SELECT name FROM $audio_labels GROUP BY name HAVING count(*) > 1
)
