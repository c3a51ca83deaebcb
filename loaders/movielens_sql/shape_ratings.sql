-- Seconds since 1970 become a time in UTC; a number outside the years 1970 to 9999 becomes NULL, a fault.
SELECT
    * REPLACE (
        CASE WHEN user_id = trunc(user_id) THEN TRY_CAST(user_id AS INTEGER) END AS user_id,
        CASE WHEN movie_id = trunc(movie_id) THEN TRY_CAST(movie_id AS INTEGER) END AS movie_id
    ),
    CASE WHEN seconds BETWEEN 0 AND 253402300799 THEN make_timestamp(seconds * 1000000) END AS rated_at
FROM $reader
