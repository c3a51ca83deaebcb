-- typical_clips: The clips that sound most like the mean of all clips with a label.
-- for: audio
-- $label VARCHAR = 'Guitar' -- the label
-- $k INTEGER = 10 -- how many rows
SELECT n.rank, n.video_id, n.start_seconds, n.labels, n.url, n.score
FROM nearest_audio(
    (
        SELECT list(mean ORDER BY position ASC)
        FROM (
            SELECT position, avg(value) AS mean
            FROM (
                SELECT unnest(v.vector) AS value, unnest(range(1, len(v.vector) + 1)) AS position
                FROM audio_vectors AS v
                JOIN audio_clips AS c USING (clip_id)
                WHERE v.space = 'mean' AND list_contains(c.labels, coalesce(getvariable('label'), 'Guitar'))
            ) AS numbers
            GROUP BY position
        ) AS means
    ),
    k := coalesce(getvariable('k'), 10)
) AS n
ORDER BY n.rank ASC;
