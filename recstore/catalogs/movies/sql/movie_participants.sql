-- Who takes part in the models: people with enough ratings, and the movies that they rated. Positions are dense.
CREATE OR REPLACE TEMP TABLE participating_users AS
SELECT user_id, CAST(row_number() OVER (ORDER BY user_id) - 1 AS INTEGER) AS position
FROM (SELECT user_id FROM ratings GROUP BY user_id HAVING count(*) >= $min_user_ratings);
