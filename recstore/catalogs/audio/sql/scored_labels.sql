-- Which clip has which label of music; the two that say no more than that it is music do not count.
SELECT DISTINCT c.clip_id, l.label_id
FROM (SELECT clip_id, unnest(labels) AS name FROM audio_clips) AS c
JOIN audio_labels AS l USING (name)
WHERE l.is_music AND l.name NOT IN ('Music', 'Musical instrument')
ORDER BY c.clip_id, l.label_id;
