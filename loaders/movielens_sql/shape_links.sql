SELECT
    * REPLACE (
        CASE WHEN movie_id = trunc(movie_id) THEN TRY_CAST(movie_id AS INTEGER) END AS movie_id,
        nullif(imdb_id, '') AS imdb_id,
        CASE WHEN TRY_CAST(tmdb_id AS DOUBLE) = trunc(TRY_CAST(tmdb_id AS DOUBLE)) THEN TRY_CAST(tmdb_id AS INTEGER) END
        AS tmdb_id
    ),
    tmdb_id <> '' AS has_tmdb
FROM $reader
