-- Of several copies of a clip (same video and start) the first counts, and what is there stays. Ids go on by video and
-- start. A clip may have no label.
INSERT INTO audio_clips
WITH
firsts AS (
    SELECT min(n) AS n FROM staged_clips ANTI JOIN audio_clips USING (video_id, start_seconds)
    GROUP BY video_id, start_seconds
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
    row_number() OVER (ORDER BY s.video_id, s.start_seconds) + (SELECT coalesce(max(clip_id), 0) FROM audio_clips),
    s.video_id, s.start_seconds, s.end_seconds, coalesce(l.labels, []), s.split
FROM staged_clips AS s SEMI JOIN firsts USING (n)
LEFT JOIN labelled AS l USING (n)
ORDER BY s.video_id, s.start_seconds
