SELECT
    CASE WHEN movie_id = trunc(movie_id) THEN TRY_CAST(movie_id AS INTEGER) END AS movie_id,
    nullif(imdb_id, '') AS imdb_id, TRY_CAST(nullif(tmdb_id, '') AS INTEGER) AS tmdb_id, 0 AS breaks
FROM $reader
