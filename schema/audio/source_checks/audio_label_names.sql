-- The labels of the clips are in the list of labels.
SELECT count(*) AS faults, min(c.label) AS example
FROM (SELECT DISTINCT unnest(labels) AS label FROM $audio_clips) AS c
ANTI JOIN $audio_labels AS l ON l.name = c.label
