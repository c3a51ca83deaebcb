CASE
    WHEN $given IS NULL OR schema_of_variant($given) = 'VOID' THEN CAST(array() AS ARRAY<STRING>)
    WHEN schema_of_variant($given) LIKE 'ARRAY%' THEN CAST($given AS ARRAY<STRING>)
    ELSE CAST(raise_error('$function: $argument must be a list of ids or names, such as [1, 2]') AS ARRAY<STRING>)
END
