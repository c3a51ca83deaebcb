-- What a store says of itself, as text; what says nothing is left out.
SELECT CAST(key AS VARCHAR), CAST(value AS VARCHAR)
FROM $database.main.store_info
WHERE key IS NOT NULL AND value IS NOT NULL
