-- The stored neighbours of every clip in one space, as far as they are asked for.
SELECT clip_id, "rank", neighbor_id
FROM audio_neighbors
WHERE space = $space AND "rank" <= $k;
