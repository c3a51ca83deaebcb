-- Added ratings that are older than the store's own of the same pair.
INSERT INTO load_rejects BY NAME
SELECT $source AS source, 'the store has a later rating of this movie by this user' AS reason,
    concat_ws(',', a.user_id, a.movie_id, a.rating, a.rated_at) AS raw
FROM added_ratings AS a
JOIN ratings AS r ON r.user_id = a.user_id AND r.movie_id = a.movie_id AND r.rated_at > a.rated_at;
