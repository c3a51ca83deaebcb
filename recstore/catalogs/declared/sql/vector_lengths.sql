-- How long vectors are, the commonest length first, each with how many there are and one item that has it.
SELECT len($vector) AS _rs_length, count(*) AS _rs_n, CAST(min($identity) AS VARCHAR) AS example
FROM gathered.shaped_items WHERE $vector IS NOT NULL
GROUP BY _rs_length ORDER BY _rs_n DESC, _rs_length
