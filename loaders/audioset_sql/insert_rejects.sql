INSERT INTO load_rejects
SELECT unnest($files), unnest($records), NULL, unnest($reasons), NULL
