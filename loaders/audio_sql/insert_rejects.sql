INSERT INTO load_rejects
SELECT unnest($sources), unnest($lines), NULL, unnest($reasons), NULL
