-- A movie without weights leads to those most like it in content, and they to it: little, so that it comes after all
-- that ratings point to.
INSERT INTO movie_weights
WITH
unweighed AS MATERIALIZED (SELECT movie_id FROM movies ANTI JOIN movie_weights USING (movie_id)),
nearest AS MATERIALIZED (
    SELECT n.movie_id, n.neighbor_id, n.score / 1000 AS taste
    FROM movie_neighbors AS n SEMI JOIN unweighed USING (movie_id)
    WHERE n.space = 'content' AND n.rank <= $stand_ins AND n.score > 0
)
SELECT movie_id, neighbor_id, taste, 0, true FROM nearest
UNION ALL
SELECT neighbor_id, movie_id, taste, 0, true FROM nearest WHERE neighbor_id NOT IN (SELECT movie_id FROM unweighed)
ORDER BY ALL;
