WHEN movie_id IS NULL THEN {'field': 1, 'reason': 'no whole number'}
WHEN title = '' THEN {'field': 2, 'reason': 'no title'}
