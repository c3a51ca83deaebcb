-- hubs: Movies that stand in the top ten of very many others, and so are shown everywhere.
-- $space VARCHAR = 'hybrid' -- the space
-- $k INTEGER = 20 -- how many rows
SELECT
    n.neighbor_id AS movie_id,
    m.title,
    m.n_ratings,
    count(*) AS in_top_tens,
    round(CAST(count(*) AS DOUBLE) / (SELECT count(DISTINCT movie_id) FROM movie_neighbors
        WHERE space = coalesce(getvariable('space'), 'hybrid')), 5) AS share_of_movies
FROM movie_neighbors AS n
JOIN movies AS m ON m.movie_id = n.neighbor_id
WHERE n.space = coalesce(getvariable('space'), 'hybrid') AND n.rank <= 10
GROUP BY ALL
ORDER BY in_top_tens DESC, movie_id ASC
LIMIT coalesce(getvariable('k'), 20);
