INSERT INTO $tastes
SELECT id, gives, CASE WHEN list_inner_product(takes, takes) > 0 THEN takes END
FROM tastes_to_insert
ORDER BY id;
