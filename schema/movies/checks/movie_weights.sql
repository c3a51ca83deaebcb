-- A history leads somewhere: each weight is of two different movies, finite and above 0, and there are some.
SELECT count(*) AS faults, min(example) AS example
FROM (
    SELECT w.movie_id || ' to ' || w.neighbor_id AS example
    FROM $movie_weights AS w
    WHERE w.movie_id = w.neighbor_id OR NOT (isfinite(w.taste) AND isfinite(w.next) AND w.taste + w.next > 0)
    UNION ALL
    -- Movies rated by fewer than three have none; of so many ratings of others, two are of one person.
    SELECT 'there are none'
    WHERE NOT EXISTS (FROM $movie_weights)
        AND (SELECT sum(n_ratings) FROM $movies WHERE n_ratings >= 3) > (SELECT count(DISTINCT user_id) FROM $ratings)
)
