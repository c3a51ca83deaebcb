'$argument': CASE
    WHEN $argument IS NULL THEN 0e0
    WHEN TRY_CAST($argument AS DOUBLE) BETWEEN $low AND $high THEN TRY_CAST($argument AS DOUBLE)
    ELSE CAST(error('$function: $argument must be a number from $low to $high, not ' || CAST($argument AS VARCHAR)) AS DOUBLE)
END
