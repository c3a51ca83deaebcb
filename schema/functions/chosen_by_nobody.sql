    SELECT
        _rs_first AS _rs_of, CAST(NULL AS BIGINT) AS _rs_a, CAST(NULL AS BIGINT) AS _rs_b,
        CAST(NULL AS BIGINT) AS _rs_both
    FROM _rs_pair
