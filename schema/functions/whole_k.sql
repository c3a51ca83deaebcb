CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('$function: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END
