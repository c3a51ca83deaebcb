INSERT INTO ratings SELECT user_id, movie_id, rating, rated_at FROM $rows
