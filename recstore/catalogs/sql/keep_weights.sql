-- The weights that are there stay, and those of late items come to them, in the order in which they are promised to lie.
INSERT INTO $weights
SELECT $key, neighbor_id, taste, next, false
FROM (
    SELECT $key, neighbor_id, taste, next FROM $old.main.$weights WHERE NOT is_content
    UNION ALL
    SELECT id, towards, taste, next FROM late_weights
)
ORDER BY $key, neighbor_id;
INSERT INTO $tastes
SELECT id, gives, takes
FROM (
    SELECT $key AS id, gives, takes FROM $old.main.$tastes
    UNION ALL
    SELECT id, gives, NULL FROM late_tastes
)
ORDER BY id;
