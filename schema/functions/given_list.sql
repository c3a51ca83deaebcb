CASE
    WHEN typeof($argument) LIKE '%]' THEN coalesce(TRY_CAST($argument AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof($argument) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('$function: $argument must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END
