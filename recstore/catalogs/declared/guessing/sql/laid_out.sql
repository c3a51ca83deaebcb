SELECT
    $columns
FROM $source
