-- The frames of files that are read anew.
DELETE FROM audio_frames
WHERE clip_id IN (SELECT clip_id FROM audio_clips WHERE list_contains(CAST($files AS VARCHAR[]), video_id))
