-- The pairs of one share of the people, as numbers.
SELECT $pair AS pair FROM ratings WHERE CAST(user_id AS BIGINT) & $mask = $part
