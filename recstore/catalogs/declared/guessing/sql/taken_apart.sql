SELECT $columns, unnest($list) AS item
FROM $source
