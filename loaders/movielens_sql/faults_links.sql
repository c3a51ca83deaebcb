WHEN movie_id IS NULL THEN {'field': 1, 'reason': 'no whole number'}
WHEN has_tmdb AND tmdb_id IS NULL THEN {'field': 3, 'reason': 'no whole number'}
WHEN movie_id NOT IN (SELECT movie_id FROM movies) THEN {'field': 1, 'reason': 'no such movie in the list of movies'}
