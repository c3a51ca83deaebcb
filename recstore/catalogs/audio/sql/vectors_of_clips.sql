SELECT clip_id, vector
FROM audio_vectors SEMI JOIN (SELECT unnest($ids) AS clip_id) USING (clip_id)
WHERE space = $space
ORDER BY clip_id;
