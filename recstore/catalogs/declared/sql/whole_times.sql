-- How large times are that are numbers.
SELECT coalesce(max(abs(CAST($at AS DOUBLE))), 0) FROM $source WHERE isfinite(CAST($at AS DOUBLE))
