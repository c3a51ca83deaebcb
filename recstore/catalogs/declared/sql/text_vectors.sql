-- How many texts are no list of numbers, how many texts there are, and one that is none.
SELECT count(*) FILTER ($made IS NULL), count(*), min(CAST($vector AS VARCHAR)) FILTER ($made IS NULL)
FROM $source WHERE trim(CAST($vector AS VARCHAR)) <> ''
