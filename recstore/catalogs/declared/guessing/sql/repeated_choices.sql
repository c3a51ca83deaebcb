-- Of the pairs of a user and an item, how many there are, and how many are there on several days (or in several sessions).
SELECT count(*), count(*) FILTER (n > 1)
FROM (
    SELECT count(DISTINCT $occasion) AS n FROM $source WHERE $user IS NOT NULL AND $item IS NOT NULL GROUP BY $user, $item
)
