-- Seconds since 1970 become a time in UTC; a number outside the years 1970 to 9999 becomes NULL, a fault.
SELECT
    user_id,
    movie_id,
    rating,
    CASE WHEN seconds BETWEEN 0 AND 253402300799 THEN make_timestamp(seconds * 1000000) END AS rated_at,
    0 AS breaks
FROM $reader
