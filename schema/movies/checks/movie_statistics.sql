-- movies.n_ratings says how many ratings a movie has.
SELECT count(*) AS faults, CAST(min(m.movie_id) AS VARCHAR) AS example
FROM $movies AS m
LEFT JOIN (SELECT movie_id, count(*) AS n FROM $ratings GROUP BY movie_id) AS r ON r.movie_id = m.movie_id
WHERE m.n_ratings <> coalesce(r.n, 0)
