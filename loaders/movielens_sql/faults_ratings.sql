WHEN user_id IS NULL THEN {'field': 1, 'reason': 'no whole number'}
WHEN movie_id IS NULL THEN {'field': 2, 'reason': 'no whole number'}
WHEN isnan(rating) THEN {'field': 3, 'reason': 'no number'}
WHEN rating NOT BETWEEN 0.5 AND 5 THEN {'field': 3, 'reason': 'outside 0.5 to 5'}
WHEN rated_at IS NULL THEN {'field': 4, 'reason': 'no time between 1970 and 9999'}
WHEN movie_id NOT IN (SELECT movie_id FROM movies) THEN {'field': 2, 'reason': 'no such movie in the list of movies'}
