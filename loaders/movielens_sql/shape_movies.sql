-- movies.csv and movies.dat: genres in one field, separated by bars.
SELECT
    CASE WHEN movie_id = trunc(movie_id) THEN TRY_CAST(movie_id AS INTEGER) END AS movie_id,
    trim(title) AS title,
    CASE WHEN genres IN ('', '(no genres listed)') THEN CAST([] AS VARCHAR[])
         ELSE string_split(genres, '|') END AS genres,
    len(title) - len(replace(title, chr(10), '')) AS breaks
FROM $reader
