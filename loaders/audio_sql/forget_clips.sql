-- Clips that files had before, and have no more.
DELETE FROM audio_clips
WHERE list_contains(CAST($files AS VARCHAR[]), video_id)
    AND (video_id, start_seconds) NOT IN (SELECT (video_id, start_seconds) FROM staged_clips)
