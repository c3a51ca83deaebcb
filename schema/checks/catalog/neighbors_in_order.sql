-- Neighbours lie in rank order: ranks from 1 without a gap, larger scores first, equal ones by the smaller id.
--
-- A window without an order goes through the rows as they are stored, which is how they are promised to lie.
SELECT count(*) AS faults, min(concat(space, ' ', id)) AS example
FROM (
    SELECT
        space, $key AS id, rank, neighbor_id, score,
        lag($key) OVER () AS id_before, lag(rank) OVER () AS rank_before,
        lag(neighbor_id) OVER () AS neighbor_before, lag(score) OVER () AS score_before
    FROM $neighbors
)
WHERE NOT coalesce(
    neighbor_id <> id AND abs(score) < 1.0001 AND (rank = 1 OR (
        id = id_before AND rank = rank_before + 1
        AND (score < score_before OR (score = score_before AND neighbor_id > neighbor_before)))), false)
