-- The ratings that take part, by dense positions.
SELECT m.position AS movie, u.position AS "user", r.rating
FROM ratings AS r
JOIN participating_users AS u USING (user_id)
JOIN participating_movies AS m USING (movie_id);
