-- The entries of the cache as rows, from lists.
SELECT *
FROM (
    SELECT
        unnest($kind::VARCHAR[]) AS kind, unnest($bytes::BIGINT[]) AS bytes,
        unnest($last_used::TIMESTAMP[]) AS last_used, unnest($path::VARCHAR[]) AS path
)
