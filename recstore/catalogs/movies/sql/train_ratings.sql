-- The ratings that a model may learn from, as a build finds them.
CREATE TABLE ratings AS
SELECT user_id, movie_id, rating, make_timestamp(CAST("time" * 1000000 AS BIGINT)) AS rated_at
FROM train_ratings;
