CASE
    WHEN TRY_CAST($argument AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST($argument AS DOUBLE) = TRY_CAST($argument AS BIGINT)
    THEN TRY_CAST($argument AS BIGINT)
    ELSE CAST(error('$function: $argument must be a whole number from 1 to 32767, not '
        || coalesce(CAST($argument AS VARCHAR), 'NULL')) AS BIGINT)
END
