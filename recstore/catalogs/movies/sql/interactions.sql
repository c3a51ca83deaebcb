-- Who rated what and when, in the order of people, then time, then the source.
SELECT user_id, movie_id, rating, epoch(rated_at) AS "time"
FROM ratings
ORDER BY user_id, rated_at, rowid;
