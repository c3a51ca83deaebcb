INSERT INTO links
SELECT movie_id, imdb_id, CASE WHEN has_tmdb AND tmdb_id IS NULL THEN error('no whole number') ELSE tmdb_id END
FROM $rows
