SELECT $name AS "table", $space AS space, count(*) AS "rows", sum(hash($columns)) AS hashes FROM $table GROUP BY ALL HAVING count(*) > 0
