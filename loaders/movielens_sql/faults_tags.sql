CREATE OR REPLACE TEMP TABLE faults AS
SELECT n, fault[1] AS "column", fault[2] AS reason
FROM (
    SELECT n, CASE
        WHEN user_id IS NULL THEN ['user_id', 'no whole number']
        WHEN movie_id IS NULL THEN ['movie_id', 'no whole number']
        WHEN tagged_at IS NULL THEN ['timestamp', 'no time between 1970 and 9999']
        WHEN movie_id NOT IN (SELECT movie_id FROM movies) THEN ['movie_id', 'no such movie in the list of movies']
    END AS fault
    FROM staged
)
WHERE fault IS NOT NULL
