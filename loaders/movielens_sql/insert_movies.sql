INSERT INTO movies
SELECT
    movie_id, title, TRY_CAST(regexp_extract(title, '\((\d{4})(?:[-–]\d{0,4})?\)$$', 1) AS SMALLINT), genres, 0, NULL
FROM $rows
