-- Who rated what, how and when, by dense positions, in the order of people, then time, then the source.
SELECT u.position AS "user", m.position AS movie, r.rating, epoch(r.rated_at) AS "time"
FROM ratings AS r
JOIN participating_users AS u USING (user_id)
JOIN participating_movies AS m USING (movie_id)
ORDER BY u.position, r.rated_at, r.rowid;
