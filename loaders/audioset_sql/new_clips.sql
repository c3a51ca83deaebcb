-- The clips that came in, in the order of their ids, and their places among all that were staged, from 0.
SELECT c.clip_id, s.n - 1 AS place
FROM audio_clips AS c
JOIN (SELECT min(n) AS n, video_id, start_seconds FROM staged_clips GROUP BY ALL) AS s USING (video_id, start_seconds)
WHERE c.clip_id NOT IN (SELECT clip_id FROM audio_frames)
ORDER BY c.clip_id
