(
        SELECT *, $diverse AS _rs_places
        FROM (SELECT *, list_transform(_rs_keys, lambda _rs_x: CAST(_rs_x >> 32 AS DOUBLE)) AS _rs_relevance FROM _rs_best) AS _rs_b
    ) AS _rs_d