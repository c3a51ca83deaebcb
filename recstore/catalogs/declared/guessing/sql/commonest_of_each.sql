SELECT
    $key,
    $values
FROM $source
WHERE $key IS NOT NULL
GROUP BY $key
