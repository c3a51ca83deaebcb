-- genre_drift: How far neighbours drift from a movie's genres, per space: shared genres along the ranks.
-- for: movies
-- $genre VARCHAR = 'Comedy' -- look at the movies of this genre
SELECT
    n.space,
    CASE WHEN n.rank <= 10 THEN '1 to 10' WHEN n.rank <= 50 THEN '11 to 50' ELSE '51 to 100' END AS ranks,
    count(*) AS neighbors,
    round(avg(CAST(list_contains(b.genres, coalesce(getvariable('genre'), 'Comedy')) AS INTEGER)), 4)
        AS share_of_the_genre,
    round(avg(CASE WHEN len(b.genres) > 0 THEN
        CAST(len(list_intersect(a.genres, b.genres)) AS DOUBLE) / len(list_distinct(list_concat(a.genres, b.genres))) END), 4)
        AS mean_overlap,
    round(avg(CAST(len(list_intersect(a.genres, b.genres)) = 0 AS INTEGER)), 4) AS share_without_overlap
FROM movie_neighbors AS n
JOIN movies AS a ON a.movie_id = n.movie_id
JOIN movies AS b ON b.movie_id = n.neighbor_id
WHERE list_contains(a.genres, coalesce(getvariable('genre'), 'Comedy'))
GROUP BY ALL
ORDER BY n.space ASC, min(n.rank) ASC;
