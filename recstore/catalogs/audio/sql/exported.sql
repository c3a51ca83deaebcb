-- The clips with their frames, second by second.
SELECT
    c.video_id, c.start_seconds, c.end_seconds, c.labels, c.split,
    list_transform(range(10), lambda second: f.frames[second * 128 + 1:second * 128 + 128]) AS frames
FROM rec_store.main.audio_clips AS c
JOIN rec_store.main.audio_frames AS f USING (clip_id)
ORDER BY c.clip_id ASC
