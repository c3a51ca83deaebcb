'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('$function: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END
