SELECT movie_id, nullif(imdb_id, '') AS imdb_id, TRY_CAST(nullif(tmdb_id, '') AS INTEGER) AS tmdb_id, 0 AS breaks
FROM $reader
