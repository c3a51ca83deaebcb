-- In the order of users, then time.
SELECT person, item, CAST(amount AS DOUBLE) AS amount, CAST(rating AS DOUBLE) AS rating, epoch(moment) AS moment
FROM pairs
ORDER BY person, pairs.moment, item;
