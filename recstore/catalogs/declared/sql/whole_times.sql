-- How large times are that are numbers, and whether all are days as 20240131 writes them.
SELECT
    coalesce(max(abs(CAST($at AS DOUBLE))), 0),
    coalesce(bool_and(
        CAST($at AS DOUBLE) BETWEEN 19000101 AND 21001231
        AND try_strptime(CAST(TRY_CAST($at AS BIGINT) AS VARCHAR), '%Y%m%d') IS NOT NULL), false)
FROM $source WHERE isfinite(CAST($at AS DOUBLE))
