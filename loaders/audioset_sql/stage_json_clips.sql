INSERT INTO staged_clips
SELECT
    row_number() OVER (ORDER BY n), video_id, start_seconds, end_seconds,
    list_transform(labels, lambda label: list_position($names, label) - 1), coalesce(split, '')
FROM json_clips
WHERE is_kept
ORDER BY n
