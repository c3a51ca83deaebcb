-- Files that did not change may have other labels now.
UPDATE audio_clips
SET labels = g.labels
FROM (SELECT unnest($files) AS file, unnest(CAST($labels AS VARCHAR[][])) AS labels) AS g
WHERE audio_clips.video_id = g.file AND audio_clips.labels <> g.labels
