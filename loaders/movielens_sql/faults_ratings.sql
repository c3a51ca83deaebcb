-- A repeated pair keeps its latest rating; of equally late ones, the last in the file.
CREATE OR REPLACE TEMP TABLE faults AS
WITH judged AS (
    SELECT *, CASE
        WHEN user_id IS NULL THEN ['user_id', 'no whole number']
        WHEN movie_id IS NULL THEN ['movie_id', 'no whole number']
        WHEN rating IS NULL OR isnan(rating) THEN ['rating', 'no number']
        WHEN rating NOT BETWEEN 0.5 AND 5 THEN ['rating', 'outside 0.5 to 5']
        WHEN rated_at IS NULL THEN ['timestamp', 'no time between 1970 and 9999']
        WHEN movie_id NOT IN (SELECT movie_id FROM movies) THEN ['movie_id', 'no such movie in the list of movies']
    END AS fault
    FROM staged
)
SELECT n, fault[1] AS "column", fault[2] AS reason FROM judged WHERE fault IS NOT NULL
UNION ALL
SELECT n, NULL, 'the same user rated this movie again later'
FROM judged
WHERE fault IS NULL
QUALIFY row_number() OVER (PARTITION BY user_id, movie_id ORDER BY rated_at DESC, n DESC) > 1
