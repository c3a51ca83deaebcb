-- A pair that is rated again keeps its place, with the later rating; new pairs follow.
CREATE TEMP TABLE new_ratings AS
FROM added_ratings AS a ANTI JOIN ratings AS r ON r.user_id = a.user_id AND r.movie_id = a.movie_id;
UPDATE ratings SET rating = a.rating, rated_at = a.rated_at
FROM added_ratings AS a
WHERE ratings.user_id = a.user_id AND ratings.movie_id = a.movie_id AND a.rated_at >= ratings.rated_at;
INSERT INTO ratings BY NAME FROM new_ratings;
