INSERT INTO $interactions BY NAME
SELECT $columns
FROM (SELECT $select FROM $source) AS h $known
$where
