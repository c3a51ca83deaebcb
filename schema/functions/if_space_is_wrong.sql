    -- Never a row: raises the error of a wrong space where DuckDB need not look at the other branches.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), 0, '', CAST(0 AS FLOAT) FROM _rs_checked WHERE len(_rs_spaces) = 0
