'per_group': CASE
    WHEN per_group IS NULL THEN 1
    WHEN TRY_CAST(per_group AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(per_group AS DOUBLE) = TRY_CAST(per_group AS BIGINT)
    THEN TRY_CAST(per_group AS BIGINT)
    ELSE CAST(error('$function: per_group must be a whole number from 1 to 32767, not ' || CAST(per_group AS VARCHAR)) AS BIGINT)
END
