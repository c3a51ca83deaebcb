-- How many rows there are, how many are at fault, and how many are there twice.
SELECT
    (SELECT count(*) FROM gathered.shaped_items),
    (SELECT count(*) FROM gathered.shaped_items WHERE $identity IS NULL)
        + (SELECT count(*) FROM gathered.repeated_items WHERE NOT is_same),
    (SELECT count(*) FROM gathered.repeated_items WHERE is_same)
