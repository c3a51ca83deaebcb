-- How many of the added ratings take the place of one that the store has. (Those that are there already, and those of
-- which the store has a later one, do not.)
SELECT count(*)
FROM added_ratings AS a
SEMI JOIN ratings AS r
    ON r.user_id = a.user_id AND r.movie_id = a.movie_id
    AND (a.rated_at > r.rated_at OR (a.rated_at = r.rated_at AND a.rating <> r.rating));
