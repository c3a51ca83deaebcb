SELECT 1 AS _rs_one WHERE $deep
UNION
SELECT 1 FROM (SELECT $item AS _rs_given) AS _rs_j WHERE typeof(_rs_given) LIKE '%]'
