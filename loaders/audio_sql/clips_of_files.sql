-- How many clips of each file there are already.
SELECT video_id AS file, count(*) AS clips FROM audio_clips
WHERE list_contains(CAST($files AS VARCHAR[]), video_id)
GROUP BY video_id
