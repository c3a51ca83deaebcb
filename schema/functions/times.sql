-- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('$function: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END
