-- Clips that were there keep their ids.
UPDATE audio_clips
SET end_seconds = s.end_seconds, labels = s.labels
FROM (
    SELECT c.video_id, c.start_seconds, c.end_seconds,
        list_transform(c.label_ids, lambda label: $names[label + 1]) AS labels
    FROM staged_clips AS c
) AS s
WHERE audio_clips.video_id = s.video_id AND audio_clips.start_seconds = s.start_seconds
