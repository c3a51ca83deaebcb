-- Which of the texts asked for mean no item, in their order.
WITH asked AS (
    SELECT unnest($$asked) AS text, unnest(range(len($$asked))) AS place
),
meant AS (
    $meant
)
SELECT m.text FROM meant AS m ANTI JOIN $items AS i ON i.$key = m.id ORDER BY m.place
