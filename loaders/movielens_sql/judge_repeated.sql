-- Of several records of one movie the first is kept.
UPDATE judged SET fault = {'field': 1, 'reason': 'this movie stands earlier in the file'}
WHERE fault IS NULL AND (
    movie_id IN (SELECT movie_id FROM $table)
    OR line NOT IN (SELECT min(line) FROM judged WHERE fault IS NULL GROUP BY movie_id)
)
