-- What was wrong with files as they were before.
DELETE FROM load_rejects WHERE list_contains(CAST($sources AS VARCHAR[]), source)
