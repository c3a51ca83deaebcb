CASE
    WHEN try_cast($given AS DOUBLE) BETWEEN 1 AND 32767 AND try_cast($given AS DOUBLE) = floor(try_cast($given AS DOUBLE))
    THEN CAST(try_cast($given AS DOUBLE) AS INT)
    ELSE CAST(raise_error(concat('$function: $argument must be a whole number from 1 to 32767, not ', coalesce($given, 'NULL'))) AS INT)
END
