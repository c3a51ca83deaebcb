-- u.item of MovieLens 100K: one 0/1 column per genre; "unknown" means that none is listed.
SELECT
    * REPLACE (
        CASE WHEN movie_id = trunc(movie_id) THEN TRY_CAST(movie_id AS INTEGER) END AS movie_id,
        trim(title) AS title
    ),
    list_filter([$genres], lambda genre: genre IS NOT NULL) AS genres
FROM $reader
