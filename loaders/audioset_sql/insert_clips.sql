-- Of several copies of a clip (same video and start) the first counts. Ids go by video and start.
INSERT INTO audio_clips
WITH
firsts AS (
    SELECT min(n) AS n FROM staged_clips GROUP BY video_id, start_seconds
),
labelled AS (
    SELECT u.n, list(l.name ORDER BY u.place) AS labels
    FROM (
        SELECT n, unnest(label_ids) AS label_id, unnest(range(len(label_ids))) AS place
        FROM staged_clips SEMI JOIN firsts USING (n)
    ) AS u
    JOIN audio_labels AS l USING (label_id)
    GROUP BY u.n
)
SELECT
    row_number() OVER (ORDER BY s.video_id, s.start_seconds), s.video_id, s.start_seconds, s.end_seconds, l.labels,
    s.split
FROM staged_clips AS s JOIN labelled AS l USING (n)
ORDER BY s.video_id, s.start_seconds
