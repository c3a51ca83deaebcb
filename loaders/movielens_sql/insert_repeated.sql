INSERT INTO rated_again
SELECT line, raw, $pair AS pair, rated_at FROM judged WHERE fault IS NULL AND $pair IN (SELECT pair FROM repeated_pairs)
