-- Clips as export-audio-json writes them, in the order of the file; `reason` says what is wrong with one.
CREATE OR REPLACE TEMP TABLE json_clips AS
SELECT
    row_number() OVER () AS n, video_id, start_seconds, end_seconds, labels, split,
    flatten(frames) AS frames,
    CASE
        WHEN video_id IS NULL THEN 'video_id is missing'
        WHEN start_seconds IS NULL OR end_seconds IS NULL THEN 'the start or the end is missing'
        WHEN NOT $unlabelled AND coalesce(len(labels), 0) = 0 THEN 'labels are missing'
        WHEN frames IS NULL THEN 'frames are missing'
        WHEN len(list_filter(frames, lambda frame: frame IS NULL OR len(frame) <> 128)) > 0
        THEN 'a frame that is not of 128 bytes'
        WHEN len(list_filter(flatten(frames), lambda byte: byte IS NULL)) > 0 THEN 'a frame with a hole'
        WHEN len(list_filter(labels, lambda label: NOT list_contains($names, label))) > 0
        THEN 'a label that is not in class_labels_indices.csv'
    END AS reason,
    len(frames) AS seconds,
    CASE
        WHEN coalesce(len(labels), 0) = 0 THEN true
        ELSE len(list_intersect(labels, $wanted)) > 0 AND ($narrowed = '' OR list_contains(labels, $narrowed))
    END AS is_wanted,
    reason IS NULL AND is_wanted AND seconds >= 10 AS is_kept
FROM read_json(
    $path, format = 'array', maximum_object_size = 16777216,
    columns = {
        'video_id': 'VARCHAR', 'start_seconds': 'FLOAT', 'end_seconds': 'FLOAT', 'labels': 'VARCHAR[]',
        'split': 'VARCHAR', 'frames': 'UTINYINT[][]'
    }
)
