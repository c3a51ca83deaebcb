CASE
    WHEN $given IS NULL THEN 0D
    WHEN try_cast($given AS DOUBLE) BETWEEN $low AND $high THEN try_cast($given AS DOUBLE)
    ELSE CAST(raise_error(concat('$function: $argument must be a number from $low to $high, not ', $given)) AS DOUBLE)
END
