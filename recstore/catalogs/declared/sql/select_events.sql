-- Each time that somebody had an item that was not taken back, in the order of users, then time.
SELECT
    e.person, e.item, CAST(e.amount AS DOUBLE) AS amount, CAST(e.stars AS DOUBLE) AS rating, epoch(e.moment) AS moment
FROM events AS e SEMI JOIN pairs AS p ON p.person = e.person AND p.item = e.item
WHERE e.amount > 0
ORDER BY e.person, e.moment, e.item, e.amount, e.stars;
