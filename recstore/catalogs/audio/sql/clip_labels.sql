-- Which clip has which label, whatever it is of.
SELECT DISTINCT c.clip_id, l.label_id, l.is_music
FROM (SELECT clip_id, unnest(labels) AS name FROM audio_clips) AS c
JOIN audio_labels AS l USING (name)
ORDER BY c.clip_id, l.label_id;
