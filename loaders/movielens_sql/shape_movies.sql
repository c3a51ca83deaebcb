-- movies.csv and movies.dat: genres in one field, separated by bars.
SELECT
    * REPLACE (
        CASE WHEN movie_id = trunc(movie_id) THEN TRY_CAST(movie_id AS INTEGER) END AS movie_id,
        trim(title) AS title,
        CASE WHEN coalesce(genres, '') IN ('', '(no genres listed)') THEN CAST([] AS VARCHAR[])
             ELSE string_split(genres, '|') END AS genres
    )
FROM $reader
