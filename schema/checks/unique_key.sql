-- The key is unique.
SELECT CAST(coalesce(sum(n - 1), 0) AS BIGINT) AS faults, CAST(min(k) AS VARCHAR) AS example
FROM (SELECT struct_pack($packed) AS k, count(*) AS n FROM $table GROUP BY $keys HAVING count(*) > 1)
