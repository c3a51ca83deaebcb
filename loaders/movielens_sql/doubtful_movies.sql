SELECT count(*) > count(DISTINCT movie_id) OR bool_or(title = '') FROM movies
