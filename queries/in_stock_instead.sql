-- in_stock_instead: What to offer for what is sold out: the most alike that is in stock, the best known losses first.
-- Your stock is a table with the columns ${id} and on_hand; without one, every fifth item is taken for sold out.
-- for: any
-- $stock VARCHAR = ${stock} -- the table, such as 'mine.stock', or a query in parentheses
-- $most INTEGER = 10 -- of how many items that are sold out
-- $k INTEGER = 3 -- how many substitutes for each
WITH stock AS (
    SELECT ${id} AS id, on_hand FROM query('FROM ' || coalesce(getvariable('stock'), ${stock}))
),
sold_out AS (
    SELECT i.${id} AS id, i.${title} AS title, row_number() OVER (ORDER BY ${preferred}, i.${key} ASC) AS place
    FROM ${offered} AS i
    WHERE i.${id} IN (SELECT id FROM stock WHERE on_hand <= 0)
    QUALIFY place <= coalesce(getvariable('most'), 10)
)
SELECT o.id AS sold_out, o.title AS sold_out_name, s.rank, s.${id}, s.${title} AS ${name}, s.score
FROM sold_out AS o, ${similar}(
    CAST(o.id AS VARCHAR),
    k := coalesce(getvariable('k'), 3),
    filter := ${id} IN (SELECT id FROM stock WHERE on_hand > 0)
) AS s
ORDER BY o.place ASC, s.rank ASC;
