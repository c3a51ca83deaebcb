-- label_clusters: Which labels sound alike: how much more often their clips are neighbours than chance would have it.
-- for: audio
-- $min_clips INTEGER = 3 -- only labels with at least so many clips
-- $k INTEGER = 20 -- how many pairs of labels
WITH labelled AS (
    SELECT clip_id, unnest(labels) AS label FROM audio_clips
),
sizes AS (
    SELECT label, count(*) AS clips FROM labelled GROUP BY label
    HAVING count(*) >= coalesce(getvariable('min_clips'), 3)
),
near AS (
    SELECT clip_id, neighbor_id FROM audio_neighbors WHERE space = 'mean' AND rank <= 10
),
pairs AS (
    SELECT a.label AS label, b.label AS sounds_like, count(*) AS neighbors
    FROM near AS n
    JOIN labelled AS a ON a.clip_id = n.clip_id
    JOIN labelled AS b ON b.clip_id = n.neighbor_id
    WHERE a.label <> b.label
    GROUP BY ALL
)
SELECT
    p.label,
    p.sounds_like,
    p.neighbors,
    round(p.neighbors / (10.0 * x.clips) / (CAST(y.clips AS DOUBLE) / (SELECT count(*) FROM audio_clips)), 2) AS times_chance
FROM pairs AS p
JOIN sizes AS x ON x.label = p.label
JOIN sizes AS y ON y.label = p.sounds_like
WHERE p.neighbors > 1
ORDER BY times_chance DESC NULLS LAST, p.neighbors DESC, p.label ASC, p.sounds_like ASC
LIMIT coalesce(getvariable('k'), 20);
