-- For each item asked for, in that order, its name and its cosines with all of them; NULL for what is not there.
WITH asked AS (
    SELECT unnest($$asked) AS text, unnest(range(len($$asked))) AS place
),
identified AS (
    $meant
),
compared AS (
    SELECT n.place, $label AS name, v.vector
    FROM identified AS n
    LEFT JOIN $items AS i ON i.$key = n.id
    LEFT JOIN $vectors AS v ON v.$key = i.$key AND v.space = $$space
)
SELECT
    any_value(a.name) AS name,
    CASE WHEN any_value(a.vector) IS NOT NULL THEN
        list(round(list_inner_product(CAST(a.vector AS DOUBLE[]), CAST(b.vector AS DOUBLE[])), 5) ORDER BY b.place)
    END AS cosines
FROM compared AS a CROSS JOIN compared AS b
GROUP BY a.place
ORDER BY a.place;
