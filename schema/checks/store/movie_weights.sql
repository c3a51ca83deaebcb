-- A history leads somewhere: each weight is of two different movies, finite and above 0, and there are some.
SELECT count(*) AS faults, min(example) AS example
FROM (
    SELECT w.movie_id || ' to ' || w.neighbor_id AS example
    FROM $movie_weights AS w
    WHERE w.movie_id = w.neighbor_id OR NOT (isfinite(w.taste) AND isfinite(w.next) AND w.taste + w.next > 0)
    UNION ALL
    SELECT 'there are none' FROM $spaces
    WHERE catalog = 'movies' AND space = 'collaborative' AND NOT EXISTS (FROM $movie_weights)
)
