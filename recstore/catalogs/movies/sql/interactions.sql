-- Who rated what and when, by dense positions, in the order of people, then time, then the source.
WITH people AS (
    SELECT user_id, CAST(row_number() OVER (ORDER BY user_id ASC) - 1 AS INTEGER) AS position
    FROM (SELECT DISTINCT user_id FROM ratings)
),
rated AS (
    SELECT movie_id, CAST(row_number() OVER (ORDER BY movie_id ASC) - 1 AS INTEGER) AS position
    FROM (SELECT DISTINCT movie_id FROM ratings)
)
SELECT p.position AS "user", m.position AS movie, r.rating, epoch(r.rated_at) AS "time"
FROM ratings AS r
JOIN people AS p USING (user_id)
JOIN rated AS m USING (movie_id)
ORDER BY p.position ASC, r.rated_at ASC NULLS LAST, r.rowid ASC;
