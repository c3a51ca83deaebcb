-- beside_the_cart: What to put beside a cart: what follows on all of it, in stock, and not in the cart already.
-- Your stock is a table with the columns ${id} and on_hand; without one, every fifth item is taken for sold out.
-- for: any with interactions
-- $cart VARCHAR[] = [${example}] -- what is in the cart, by id or title, the oldest first
-- $stock VARCHAR = ${stock} -- the table, such as 'mine.stock', or a query in parentheses
-- $k INTEGER = 5 -- how many rows
SELECT rank, ${id}, ${title} AS ${name}, because, score
FROM ${recommend_for}(
    coalesce(getvariable('cart'), [${example}]),
    k := coalesce(getvariable('k'), 5),
    filter := CAST(${id} AS VARCHAR) NOT IN (SELECT unnest(coalesce(getvariable('cart'), [${example}])))
        AND CAST(${title} AS VARCHAR) NOT IN (SELECT unnest(coalesce(getvariable('cart'), [${example}])))
        AND ${id} IN (
            SELECT ${id} FROM query('FROM ' || coalesce(getvariable('stock'), ${stock})) WHERE on_hand > 0
        )
)
ORDER BY rank ASC;
