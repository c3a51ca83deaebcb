INSERT INTO audio_frames
SELECT c.clip_id, s.frames
FROM audio_clips AS c
JOIN staged_clips AS s USING (video_id, start_seconds)
WHERE s.n IN (SELECT min(n) FROM staged_clips GROUP BY video_id, start_seconds)
ORDER BY c.clip_id
