-- A repeated pair keeps its latest rating; of equally late ones, the last in the file.
INSERT INTO load_rejects
SELECT $source, line, NULL, 'the same user rated this movie again later', raw
FROM rated_again
QUALIFY row_number() OVER (PARTITION BY pair ORDER BY rated_at DESC, line DESC) > 1
ORDER BY line
