CASE
    WHEN try_cast($given AS DOUBLE) = floor(try_cast($given AS DOUBLE)) THEN CAST(try_cast($given AS DOUBLE) AS BIGINT)
    WHEN $given IS NOT NULL
    THEN CAST(raise_error(concat('$function: $user must be a whole number, not ', $given)) AS BIGINT)
END
