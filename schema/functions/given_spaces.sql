CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END
