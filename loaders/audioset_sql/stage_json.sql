-- Clips as export-audio-json writes them, in the order of the file; `reason` says what is wrong with one.
--
-- Every value comes as JSON, whatever its type: as a column of numbers, the reader would take 0.5 for the byte 1, and
-- refuse the whole file for a single word. (A number beyond all bounds is NULL as FLOAT.)
CREATE OR REPLACE TEMP TABLE json_clips AS
WITH
given AS (
    SELECT
        row_number() OVER () AS n, video_id ->> '$$' AS video_id, TRY_CAST(start_seconds AS FLOAT) AS start_seconds,
        TRY_CAST(end_seconds AS FLOAT) AS end_seconds, coalesce(TRY_CAST(labels AS VARCHAR[]), []) AS labels,
        coalesce(split ->> '$$', '') AS split, numbers, flatten(numbers) AS bytes,
        CASE
            WHEN json_type(_rs_fault) = 'VARCHAR' THEN _rs_fault ->> '$$'
            WHEN coalesce(json_type(video_id), 'NULL') = 'NULL' THEN 'video_id is missing'
            WHEN json_type(video_id) <> 'VARCHAR' THEN 'video_id is no text'
            WHEN coalesce(json_type(start_seconds), 'NULL') = 'NULL' THEN 'start_seconds is missing'
            WHEN json_type(start_seconds) NOT IN ('DOUBLE', 'BIGINT', 'UBIGINT') THEN 'start_seconds is no number'
            WHEN coalesce(json_type(end_seconds), 'NULL') = 'NULL' THEN 'end_seconds is missing'
            WHEN json_type(end_seconds) NOT IN ('DOUBLE', 'BIGINT', 'UBIGINT') THEN 'end_seconds is no number'
            WHEN coalesce(json_type(split), 'NULL') NOT IN ('NULL', 'VARCHAR') THEN 'split is no text'
            WHEN coalesce(json_type(labels), 'NULL') = 'NULL' OR CAST(labels AS VARCHAR) = '[]'
            THEN CASE WHEN NOT $$unlabelled THEN 'labels are missing' END
            WHEN json_structure(labels) NOT IN ('["VARCHAR"]', '["NULL"]') THEN 'labels are no list of names'
            WHEN coalesce(json_type(frames), 'NULL') = 'NULL' THEN 'frames are missing'
            WHEN numbers IS NULL OR regexp_matches(frames, '[^-+0-9.eE,\[\]nul]')
            THEN 'frames are no lists of numbers'
        END AS fault
    FROM (
        SELECT *, TRY_CAST(frames AS DOUBLE[][]) AS numbers
        FROM read_json(
            $$path, format = 'array', maximum_object_size = 16777216,
            columns = {
                'video_id': 'JSON', 'start_seconds': 'JSON', 'end_seconds': 'JSON', 'labels': 'JSON', 'split': 'JSON',
                'frames': 'JSON', '_rs_fault': 'JSON'
            }
        )
    ) AS f
),
judged AS (
    SELECT
        *,
        CASE
            WHEN fault IS NOT NULL THEN fault
            $faults
            WHEN len(list_filter(labels, lambda label: NOT list_contains($$names, label))) > 0
            THEN 'a label that is not in class_labels_indices.csv'
            WHEN numbers IS NULL THEN 'frames are missing'
            WHEN len(list_filter(numbers, lambda frame: frame IS NULL OR len(frame) <> 128)) > 0
            THEN 'a frame that is not of 128 bytes'
            WHEN len(bytes) <> list_count(bytes) THEN 'a frame with a hole'
            WHEN len(list_filter(bytes, lambda byte: byte <> trunc(byte) OR byte NOT BETWEEN 0 AND 255)) > 0
            THEN 'a byte that is no whole number from 0 to 255'
        END AS reason
    FROM given
)
SELECT
    n, video_id, start_seconds, end_seconds, labels, split, reason, len(numbers) AS seconds,
    CASE
        WHEN coalesce(len(labels), 0) = 0 THEN true
        ELSE len(list_intersect(labels, $$wanted)) > 0 AND ($$narrowed = '' OR list_contains(labels, $$narrowed))
    END AS is_wanted,
    reason IS NULL AND is_wanted AND seconds >= 10 AS is_kept,
    CASE WHEN is_kept THEN CAST(bytes[1:1280] AS UTINYINT[]) END AS frames
FROM judged
