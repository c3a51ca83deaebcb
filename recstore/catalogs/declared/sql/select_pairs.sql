-- In the order of users, then time.
SELECT person, item, amount, rating, epoch(moment) AS moment FROM pairs ORDER BY person, moment, item;
