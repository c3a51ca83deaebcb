-- How many texts are no numbers.
SELECT count(*) FROM $source WHERE trim($number) <> '' AND TRY_CAST(trim($number) AS DOUBLE) IS NULL
