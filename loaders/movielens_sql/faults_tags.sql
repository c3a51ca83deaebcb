WHEN user_id IS NULL THEN {'field': 1, 'reason': 'no whole number'}
WHEN movie_id IS NULL THEN {'field': 2, 'reason': 'no whole number'}
WHEN tagged_at IS NULL THEN {'field': 4, 'reason': 'no time between 1970 and 9999'}
WHEN movie_id NOT IN (SELECT movie_id FROM movies) THEN {'field': 2, 'reason': 'no such movie in the list of movies'}
