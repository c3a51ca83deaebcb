-- The bytes of every Annoy index are there and match their checksums.
SELECT count(*) AS faults, min(name) AS example
FROM (
    SELECT index_name AS name FROM $annoy_chunks WHERE sha256(data) <> sha256
    UNION ALL
    SELECT coalesce(i.index_name, c.index_name)
    FROM $annoy_indexes AS i FULL JOIN (
        SELECT index_name, sum(octet_length(data)) AS bytes, count(DISTINCT chunk) = max(chunk) + 1 AS is_whole
        FROM $annoy_chunks GROUP BY index_name
    ) AS c ON c.index_name = i.index_name
    -- All bytes, or all but the vectors of the items.
    WHERE NOT coalesce(c.bytes IN (i.bytes, i.bytes - 4 * i.dimensions * i.items) AND c.is_whole, false)
)
