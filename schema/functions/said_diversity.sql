'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('$function: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END
