SELECT
    count(*) FILTER (reason IS NULL),
    count(*) FILTER (reason IS NULL AND NOT is_wanted),
    count(*) FILTER (reason IS NULL AND is_wanted AND seconds < 10)
FROM json_clips
