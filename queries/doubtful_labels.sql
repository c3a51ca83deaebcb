-- doubtful_labels: Clips whose ten nearest clips have none of their labels: look there for wrong labels first.
-- for: audio
-- $k INTEGER = 20 -- how many rows
WITH near AS (
    SELECT
        n.clip_id,
        count(*) AS neighbors,
        sum(CAST(len(list_intersect(a.labels, b.labels)) > 0 AS INTEGER)) AS agreeing,
        avg(n.score) AS mean_score
    FROM audio_neighbors AS n
    JOIN audio_clips AS a ON a.clip_id = n.clip_id
    JOIN audio_clips AS b ON b.clip_id = n.neighbor_id
    WHERE n.space = 'mean' AND n.rank <= 10
    GROUP BY n.clip_id
)
SELECT c.clip_id, c.video_id, c.start_seconds, c.labels, round(n.mean_score, 5) AS mean_score
FROM near AS n
JOIN audio_clips AS c ON c.clip_id = n.clip_id
WHERE n.agreeing = 0
ORDER BY n.mean_score DESC NULLS LAST, c.clip_id ASC
LIMIT coalesce(getvariable('k'), 20);
