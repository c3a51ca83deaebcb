CREATE OR REPLACE TEMP TABLE faults AS
SELECT n, fault[1] AS "column", fault[2] AS reason
FROM (
    SELECT n, CASE
        WHEN movie_id IS NULL THEN ['movie_id', 'no whole number']
        WHEN movie_id NOT IN (SELECT movie_id FROM movies) THEN ['movie_id', 'no such movie in the list of movies']
        WHEN row_number() OVER (PARTITION BY movie_id ORDER BY n) > 1
        THEN ['movie_id', 'a link of this movie stands earlier in the file']
    END AS fault
    FROM staged
)
WHERE fault IS NOT NULL
