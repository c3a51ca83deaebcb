INSERT INTO staged_clips
SELECT
    n, video_id, start_seconds, end_seconds,
    list_transform(labels, lambda label: list_position($names, label) - 1), coalesce(split, ''), frames[1:1280]
FROM json_clips
WHERE reason IS NULL AND is_wanted AND seconds >= 10
ORDER BY n
